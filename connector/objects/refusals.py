"""What a bucket's server, or the line to it, says no with: whose it is and what to do next. Never a key, never a byte of an object."""

from connector.objects.store import ObjectError, StoreAway, StoreFull, StoreRefused

_FULL = {"QuotaExceeded", "XMinioStorageFull", "InsufficientCapacity", "XMinioAdminBucketQuotaExceeded"}
_LATER = {
    "SlowDown",
    "RequestTimeout",
    "InternalError",
    "ServiceUnavailable",
    "ConditionalRequestConflict",
    "Throttling",
    "OperationAborted",
}


def of_server(bucket: str, code: str, status: int) -> ObjectError:
    """``code``: the word of the protocol, NoSuchBucket, AccessDenied …; ``status``: of HTTP."""
    said = code or str(status)
    if code in _FULL or status == 507:
        return StoreFull(
            f"bucket {bucket} takes no more ({said}); make room or raise its quota, then repeat",
            f"存储桶 {bucket} 已满（{said}）；请腾出空间或提高配额后重试",
        )
    if code in _LATER or status >= 500 or status == 429:
        return _away(bucket, said)
    return StoreRefused(
        f"the server of bucket {bucket} refuses ({said}); check bucket, keys and rights in service.yaml (objects), then run"
        " `connector status`",
        f"存储桶 {bucket} 的服务器拒绝（{said}）；请检查 service.yaml 中 objects 的桶名、密钥与权限，然后运行 connector status",
    )


def of_line(bucket: str, line: Exception) -> ObjectError:
    """The server was not heard, or is not whom we expect, or we have no keys for it."""
    import botocore.exceptions as theirs

    what = type(line).__name__
    transient = isinstance(line, theirs.HTTPClientError | theirs.ConnectionError | theirs.IncompleteReadError | OSError)
    if transient and not isinstance(line, theirs.SSLError | theirs.ProxyConnectionError):
        return _away(bucket, what)
    return StoreRefused(
        f"bucket {bucket} cannot be spoken to ({what}); check endpoint, authority and keys in service.yaml (objects)",
        f"无法与存储桶 {bucket} 通话（{what}）；请检查 service.yaml 中 objects 的地址、CA 证书与密钥",
    )


def no_room() -> StoreFull:
    """The disk beside, where what is large is gathered."""
    return StoreFull(
        "the disk where large objects are gathered before they go to the bucket is full; make room, then repeat",
        "上传前暂存大对象的本机磁盘已满；请腾出空间后重试",
    )


def not_installed() -> StoreRefused:
    """boto3 is an extra."""
    return StoreRefused(
        "the object store is a bucket and boto3 is not installed; pip install 'bank-inquiry-connector[bucket]'",
        "对象库设为存储桶，但未安装 boto3；请运行 pip install 'bank-inquiry-connector[bucket]'",
    )


def _away(bucket: str, what: str) -> StoreAway:
    return StoreAway(
        f"bucket {bucket} does not answer ({what}); nothing was named, the next pass tries again. If it lasts, look at its server",
        f"存储桶 {bucket} 无应答（{what}）；未登记任何对象，下一轮会再试。如持续，请检查其服务器",
    )

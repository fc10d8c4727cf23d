"""Where objects lie and where heavy steps run: what is not guarded, or cannot be meant, is refused with its words."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import Settings, read_settings
from config.yaml_file import BadSettings

CENTRE = {"code": "C1", "name": "centre", "region": "440106"}


def read(folder: Path, **said: Any) -> Settings:
    (folder / "service.yaml").write_text(yaml.safe_dump({"centre": CENTRE, **said}), "utf-8")
    return read_settings(folder)


def test_by_default_all_stays_here(tmp_path: Path) -> None:
    settings = read(tmp_path)

    assert (None, None, None) == (settings.objects.bucket, settings.heavy.processes, settings.heavy.dask)


def test_a_bucket_and_a_cluster_are_said_in_one_block_each(tmp_path: Path) -> None:
    bucket = {"name": "sealed", "endpoint": "https://s3.example", "access_key": "secret:b/id", "secret_key": "secret:b/key"}
    settings = read(tmp_path, objects={"bucket": bucket}, heavy={"processes": 4})

    assert settings.objects.bucket is not None
    assert ("sealed", "objects", 4) == (settings.objects.bucket.name, settings.objects.bucket.prefix, settings.heavy.processes)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"objects": {"bucket": {"name": "sealed", "endpoint": "http://10.0.0.7"}}}, ("endpoint must be https", "须为 https")),
        ({"objects": {"bucket": {"name": "sealed", "access_key": "secret:a"}}}, ("both access_key and secret_key", "须同时填写")),
        ({"heavy": {"dask": "tcp://10.0.0.7:8786"}}, ("tcp:// only to this machine", "仅本机可用 tcp://")),
        ({"heavy": {"dask": "tls://10.0.0.7:8786"}}, ("authority, certificate and key", "须填 authority")),
        ({"heavy": {"dask": "tcp://127.0.0.1:1", "processes": 2}}, ("either processes or dask", "只能填一项")),
    ],
)
def test_what_is_not_guarded_is_refused(said: dict[str, Any], words: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as refused:
        read(tmp_path, **said)

    assert (True, True) == (words[0] in refused.value.en, words[1] in refused.value.zh)

"""``serve``: the web drop-box for the banks' staff, until it is interrupted."""

import threading
from typing import Annotated

import typer

from connector.cli.console import DEFAULT_DIR, DONE, Dir, Json, out, tr


def serve(
    folder: Dir = DEFAULT_DIR,
    host: Annotated[str | None, typer.Option("--host", help="监听地址，缺省取 service.yaml / address to listen at")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="监听端口，0 为任取 / port, 0 = any")] = None,
    as_json: Json = False,
) -> int:
    """网上投递箱 / the drop-box on the web: banks fetch inquiries and bring answers. May be stopped at any time."""
    from connector.assembly import Deployment
    from connector.dropbox.serving import serving

    deployment = Deployment.open(folder)
    with serving(deployment.parts, deployment.settings, deployment.now, host=host, port=port) as server:
        at = f"{host or (deployment.settings.serve.host if deployment.settings.serve else '')}:{server.port}"
        said = tr(
            f"投递箱已开放：https://{at}/api/v1/bank；Ctrl-C 停止",
            f"the drop-box is open: https://{at}/api/v1/bank; Ctrl-C stops",
        )
        out({"schema": "serving/1", "at": at}, as_json, said)
        threading.Event().wait()
    return DONE

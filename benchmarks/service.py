"""The service of docs/deploy.md as a server on the loopback address, and its clients.

Shared by the benchmark and the tests.
"""

import contextlib
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

PAGE = Path(__file__).parent.parent / "docs" / "deploy.md"

N_CLIENTS = 8


def source():
    """Return the Python code of the page."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return code


@contextlib.contextmanager
def running(folder, model):
    """Yield the address of a server, which ends with the block.

    Parameters
    ----------
    folder : Path
        Where the code is written.
    model : Path
        The ONNX file.
    """
    (folder / "service.py").write_text(source(), "utf-8")
    command = [sys.executable, "-m", "uvicorn", "service:app", "--port", "0"]
    with subprocess.Popen(
        [*command, "--no-access-log"],
        cwd=folder,
        env=os.environ | {"MODEL": str(model)},
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            said = []
            for line in server.stderr:
                said.append(line)
                started = re.search(r"running on (http://\S+)", line)
                if started:
                    break
            else:
                raise RuntimeError(f"The server did not start: {''.join(said)}")
            yield started[1]
        finally:
            server.terminate()
            server.communicate()


def ask_all(address, requests):
    """Return the answer and the milliseconds of each request, from 8 threads.

    Parameters
    ----------
    address : str
    requests : list of list of dict
        The rows of each request.

    Returns
    -------
    list of (list of dict, float)
    """
    limits = httpx.Limits(max_connections=N_CLIENTS)
    with (
        httpx.Client(base_url=address, timeout=60, limits=limits) as client,
        ThreadPoolExecutor(N_CLIENTS) as clients,
    ):

        def ask(rows):
            start = time.perf_counter()
            response = client.post("/score", json=rows)
            milliseconds = (time.perf_counter() - start) * 1e3
            return response.raise_for_status().json(), milliseconds

        return list(clients.map(ask, requests))

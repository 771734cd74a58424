"""The connection to a Dask scheduler, and the end of one of its workers."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

from qchem_app.errors import InputError
from qchem_app.io.source import excerpt
from qchem_app.screening.executors import dask_worker
from qchem_app.screening.executors.dask_job import Worker

#: Seconds to reach a scheduler.
_CONNECT = 10.0
#: Seconds a nanny has to start a worker anew.
_RESTART = 60.0


async def open_client(address: str) -> Any:
    """An asynchronous `distributed.Client`.

    Raises:
        InputError: nobody answers there.
    """
    from distributed import Client

    label = excerpt(address, 200)
    try:
        with warnings.catch_warnings():  # about versions, which are compared here, too
            warnings.simplefilter("ignore")
            return await Client(
                address, asynchronous=True, set_as_default=False, timeout=_CONNECT, name="qchem"
            )
    except (OSError, TimeoutError, ImportError) as error:
        raise InputError(
            f"no Dask scheduler answers at {label} ({phrase(error)}): check the address, or start "
            "one with `dask scheduler`"
        ) from None
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{label} is not an address of a Dask scheduler ({phrase(error)}): write, for "
            "example, tcp://host:8786"
        ) from None


async def end_worker(client: Any, worker: Worker) -> None:
    """End a worker's process, whatever it does; a nanny starts another in its place."""
    try:
        if worker.nanny:
            await asyncio.wait_for(
                client.restart_workers([worker.address], timeout=_RESTART, raise_for_error=False),
                _RESTART,
            )
        else:
            await client.run(dask_worker.leave, workers=[worker.address], on_error="ignore")
    except (OSError, TimeoutError, ValueError, KeyError):
        pass  # it is gone already, or lives on and is given nothing any more


def phrase(error: BaseException) -> str:
    """What an exception says, for use within a sentence."""
    return excerpt(" ".join(str(error).split()) or type(error).__name__, 160)

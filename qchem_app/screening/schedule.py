"""Schedule: which task next, longest first, with memory and cores never short."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from qchem_app.screening.forecast import Forecast, forecast_task
from qchem_app.screening.task import Task

#: How often others may be started before the longest task that waits for memory.
_MOST_PASSED_BY = 20
_ROUNDING_MB = 1e-6


@dataclass(frozen=True)
class Job:
    """A task with what it is expected to take.

    Attributes:
        task: what to compute.
        name: of a candidate whose task it is.
        forecast: of the task.
        slots: of the executor that its threads fill; one that wants more than there are fills all.
    """

    task: Task
    name: str
    forecast: Forecast
    slots: int = 1

    @classmethod
    def of(cls, task: Task, name: str, threads: int) -> Job:
        """The job of a task on an executor whose slots have so many cores each.

        Raises:
            QchemError: see `forecast_task`.
        """
        slots = -(-(task.settings.threads or 1) // threads)
        return cls(task, name, forecast_task(task), slots)

    def with_memory(self, memory_mb: float) -> Job:
        """The same, with what was seen in the place of what was forecast."""
        return replace(self, forecast=replace(self.forecast, memory_mb=memory_mb))


class Schedule:
    """Jobs that wait, in the order longest first.

    Small ones fill the memory and slots that the longest do not, but a job that was passed by
    twenty times gets the next there are, or none of the others' would ever be enough for it.

    Args:
        jobs: what there is to do.
        memory_mb: what all that runs at once may take together, megabytes.

    Attributes:
        seconds: forecast of all that wait, one after the other.
        free_mb: memory that nothing running was promised, megabytes.
        taken: slots that what runs fills.
    """

    def __init__(self, jobs: Iterable[Job], memory_mb: float) -> None:
        self._waiting = sorted(jobs, key=_key)  # the next one last
        self._passed_by = 0  # how often the last one was
        self.seconds = sum(job.forecast.seconds for job in self._waiting)
        self.free_mb = self.memory_mb = memory_mb
        self.taken = self._claims = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def impossible(self) -> list[Job]:
        """Take out those that need more memory than there is, even alone."""
        wrong = [job for job in self._waiting if job.forecast.memory_mb > self.memory_mb]
        self._waiting = [job for job in self._waiting if job.forecast.memory_mb <= self.memory_mb]
        self.seconds -= sum(job.forecast.seconds for job in wrong)
        return wrong

    def take(self, slots: int | None = None) -> Job | None:
        """The longest that fits what is free, which is its from now on; None if none does.

        Args:
            slots: how many there are, the taken ones included; None for more than enough.
        """
        for place in range(len(self._waiting) - 1, -1, -1):
            job = self._waiting[place]
            room = slots is None or min(job.slots, slots) <= slots - self.taken
            if room and job.forecast.memory_mb <= self.free_mb + _ROUNDING_MB:
                first = place == len(self._waiting) - 1
                self._passed_by = 0 if first else self._passed_by + 1
                del self._waiting[place]
                self.seconds -= job.forecast.seconds
                self.claim(job)
                return job
            if self._passed_by >= _MOST_PASSED_BY:
                return None
        return None

    def claim(self, job: Job) -> None:
        """Memory and slots for a job that did not come from `take`."""
        self._claims += 1
        self.taken += job.slots
        self.free_mb -= job.forecast.memory_mb

    def give_back(self, job: Job) -> None:
        """The job ended: its memory and slots are free again."""
        self._claims -= 1
        self.taken -= job.slots
        self.free_mb = self.free_mb + job.forecast.memory_mb if self._claims else self.memory_mb

    def put_back(self, job: Job) -> None:
        """The job has to be done again: it is the next one."""
        self._waiting.append(job)
        self.seconds += job.forecast.seconds


def _key(job: Job) -> tuple[float, str]:
    return job.forecast.seconds, job.task.id  # the id, so that the order is always the same

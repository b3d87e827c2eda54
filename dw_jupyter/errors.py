"""Every exception that the package raises, in one tree.

::

    DoublewordError                 what happened, and what to do next
    ├── InputError                  a cell or call that cannot be run as written; nothing was sent
    │   ├── OptionError             an option or a name on the line
    │   ├── SourceError             the frame, file or table
    │   ├── TemplateError           the prompt
    │   │   └── NoColumnError           it, or an option, names a column that the source has not
    │   └── SchemaError             the shape asked of the answers
    ├── ConfigurationError          no key, no model, no account of that name
    ├── LocalServiceError           the embedded service could not be started
    ├── JournalError                the journal on disk could not be read or written
    │   └── NoJobError              no job of that name is in it
    ├── JobError                    a job that did not do its work
    │   ├── JobFailedError
    │   ├── JobCancelledError
    │   └── JobUnreachableError
    └── APIError                    the service, or the way to it
        ├── APIConnectionError      no answer, or only a part of one
        │   └── IncompleteError         an answer that ended before it had what it announced
        └── APIStatusError          an answer that says no
            ├── AuthenticationError     401
            ├── PaymentRequiredError    402
            ├── PermissionDeniedError   403
            ├── NotFoundError           404, 410
            ├── RateLimitError          429
            ├── BadRequestError         every other 4xx
            └── ServerError             5xx

A message has two short lines: what happened, then what to do. IPython shows just those two, in place of a
traceback; a cell that raises still stops "Run All". An interrupted wait has exceptions of its own, which stand beside
what notices it, in ``job/interrupts.py``.
"""

from __future__ import annotations

from typing import Any


class DoublewordError(Exception):
    """The root of the tree.

    Args:
        what: what happened, one short line.
        todo: what the reader can do about it, one short line; may be empty.
    """

    def __init__(self, what: str, todo: str = "") -> None:
        super().__init__(what, todo)
        self.what = what
        self.todo = todo

    def __str__(self) -> str:
        return "\n".join(line for line in (self.what, self.todo) if line)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes whole, whatever a kind of error takes to be made."""
        return _restore, (type(self), self.args, self.__dict__)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the message alone (IPython looks for this name)."""
        return [f"{type(self).__name__}: {self.what}", *([self.todo] if self.todo else [])]


def _restore(kind: type[DoublewordError], args: tuple[Any, ...], state: dict[str, Any]) -> DoublewordError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InputError(DoublewordError, ValueError):
    """A cell or a call that cannot be run as it is written. Nothing was sent."""


class OptionError(InputError):
    """An option, or a name on the line, is wrong."""


class SourceError(InputError):
    """The source is not a table, is empty, or lacks what the template asks for."""


class TemplateError(InputError):
    """The prompt does not compile, or a row cannot be rendered with it."""


class NoColumnError(TemplateError):
    """No column of the source has this ``label``."""

    def __init__(self, what: str, todo: str = "", *, label: object = None) -> None:
        super().__init__(what, todo)
        self.label = label


class SchemaError(InputError):
    """The schema cannot be read, or asks for something the service refuses."""


class ConfigurationError(DoublewordError):
    """Something the call needs is not set: a key, a model, an account."""


class LocalServiceError(DoublewordError):
    """The embedded service could not be started or found."""


class JournalError(DoublewordError):
    """The journal on disk could not be read or written. What it holds is untouched.

    ``passing`` says whether room on the disk, or its coming back, would mend it.
    """

    def __init__(self, what: str, todo: str = "", *, passing: bool = False) -> None:
        super().__init__(what, todo)
        self.passing = passing


class NoJobError(JournalError):
    """There is no such job on this machine."""


class JobError(DoublewordError):
    """A job did not do its work; ``job`` is its id."""

    def __init__(self, what: str, todo: str = "", *, job: str = "") -> None:
        super().__init__(what, todo)
        self.job = job


class JobFailedError(JobError):
    """Nothing of the job could be answered."""


class JobCancelledError(JobError):
    """The job was cancelled before any row was answered."""


class JobUnreachableError(JobError):
    """The job may go on, but this kernel cannot follow it; the cause says why."""


class APIError(DoublewordError):
    """The service, or the way to it.

    ``method`` and ``path`` say which call; ``unclear`` whether the service may have acted on it all the same.
    """

    unclear = False

    def __init__(self, what: str, todo: str = "", *, method: str = "", path: str = "") -> None:
        super().__init__(what, todo)
        self.method = method
        self.path = path


class APIConnectionError(APIError):
    """No answer came, or only a part of one; ``unclear`` unless the request surely never left."""

    def __init__(self, what: str, todo: str = "", *, method: str = "", path: str = "", unclear: bool = True) -> None:
        super().__init__(what, todo, method=method, path=path)
        self.unclear = unclear


class IncompleteError(APIConnectionError):
    """The service gave fewer lines than it said that there are."""


class APIStatusError(APIError):
    """The service answered no.

    ``status_code`` and ``body`` (text) are what it said; ``retry_after`` how many seconds it asks to wait; ``line``
    which request of an upload it names, counted from 1 over the lines that are not blank.
    """

    def __init__(
        self,
        what: str,
        todo: str = "",
        *,
        method: str = "",
        path: str = "",
        status_code: int,
        body: str,
        retry_after: float | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(what, todo, method=method, path=path)
        self.status_code = status_code
        self.body = body
        self.retry_after = retry_after
        self.line = line
        self.unclear = status_code >= 500 or status_code in (408, 499)


class AuthenticationError(APIStatusError):
    """401: the key is missing, wrong, or for another region or purpose."""


class PaymentRequiredError(APIStatusError):
    """402: the account is out of credit or at its spending cap."""


class PermissionDeniedError(APIStatusError):
    """403: the account may not do this, or may not use this model."""


class NotFoundError(APIStatusError):
    """404 or 410: no such file, batch or model for this account."""


class RateLimitError(APIStatusError):
    """429: too many requests, or no capacity now."""


class BadRequestError(APIStatusError):
    """Another 4xx: the service refuses the request as it is."""


class ServerError(APIStatusError):
    """5xx: the service failed."""

"""Python files of users: loaded from their path alone, and named in the errors that they raise."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def load_user_file(file: Path | str) -> ModuleType:
    """Load a user's Python file from its path; no search path is changed.

    Raises
    ------
    ImportError
        If it is no Python file.
    Exception
        Whatever the file raises.
    """
    path = Path(file)
    unique = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
    spec = importlib.util.spec_from_file_location(f"tilefold_user_{unique}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file (.py)")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]
        raise
    return module


def error_place(error: BaseException, file: Path | str) -> str:
    """Describe an error with the last line of the user's file that it passed through: ``line 3: ValueError: why``."""
    resolved = Path(file).resolve()
    lines = [error.lineno] if isinstance(error, SyntaxError) else []
    trace = error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).resolve() == resolved:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    place = f"line {lines[-1]}: " if lines else ""
    return f"{place}{type(error).__name__}: {error}"

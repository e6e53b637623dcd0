"""What can be wrong with products, told to the person who can mend it."""

from __future__ import annotations

from pathlib import Path


class MissingProductsError(ValueError):
    """A tile without any product of a sensor."""


class BadAcquisitionError(ValueError):
    """A product that is there but cannot be used.

    Parameters
    ----------
    product
        Name of the product.
    file
        The file or folder at fault.
    reason
        What was found, what was expected, what to do.
    """

    def __init__(self, product: str, file: Path, reason: str) -> None:
        self.product = product
        self.file = file
        self.reason = reason
        super().__init__(f"product {product}: {file}: {reason}")

    def to_row(self, root: Path | str) -> dict[str, str]:
        """Plain data for tables: `product`, `file`, `reason`; paths under the folder `root` are relative to it."""
        folder = Path(root)
        file = self.file.relative_to(folder) if self.file.is_relative_to(folder) else self.file
        reason = " ".join(self.reason.replace(f"{folder}/", "").split())
        return {"product": self.product, "file": file.as_posix(), "reason": reason}

    def __reduce__(self) -> tuple[type[BadAcquisitionError], tuple[str, Path, str]]:
        """Let the error cross a process boundary, which rebuilds it from its arguments."""
        return BadAcquisitionError, (self.product, self.file, self.reason)

"""The data folder: made at the first start, or refused with the reason."""

import os
from pathlib import Path

from calha.domain.errors import InvalidConfiguration


def require_data_folder(folder: Path) -> None:
    """Make it if it is missing. Raises InvalidConfiguration when that cannot be, or when nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "not a folder" if isinstance(error, FileExistsError) else error.strerror
    else:
        if os.access(folder, os.W_OK | os.X_OK):
            return
        reason = "this user may not write there, or nobody may"
    raise InvalidConfiguration(f"data.folder = {folder}: {reason}; name a folder that can be written, as with --data")

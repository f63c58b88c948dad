"""Build hook: what is built says which commit it was built from, and lists the data release."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

RECORD = "built_from.txt"
MANIFEST = Path("data-release", "manifest.json")
INDEX = "index.json.xz"
DESCRIBE = ("git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+modified")


class RecordCommit(BuildHookInterface):
    """Put the commit of the checkout into what carries no history, and the manifest beside the registry."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add record, manifest and index unless the package runs from the checkout; the record only if there is one."""
        if version == "editable":
            return
        manifest = Path(self.root, MANIFEST)
        if self.target_name == "wheel" and manifest.is_file():
            for listed in (manifest, manifest.with_name(INDEX)):
                build_data["force_include"][str(listed)] = f"bosonpeak/datasets/{listed.name}"
        commit = self._commit()
        if not commit:
            return
        self._folder = tempfile.TemporaryDirectory()
        record = Path(self._folder.name, RECORD)
        record.write_text(commit + "\n", encoding="utf-8")
        inside = f"src/bosonpeak/{RECORD}" if self.target_name == "sdist" else f"bosonpeak/{RECORD}"
        build_data["force_include"][str(record)] = inside

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take the temporary file away."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()

    def _commit(self) -> str:
        if not Path(self.root, ".git").exists():
            return ""
        try:
            found = subprocess.run(DESCRIBE, cwd=self.root, capture_output=True, text=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return found.stdout.strip() if found.returncode == 0 else ""

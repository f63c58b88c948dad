"""Names of archive members and files from strangers: what may become a path here, and what may not."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.datasets.plain_text import is_file_name_everywhere

LONGEST_NAME = 1024
"""Bytes of a member's whole name; a run with a folder an ensemble needs a tenth of it."""

LONGEST_PART = 255
"""Bytes of one part of a name, which is what file systems take."""

DEEPEST = 16
"""Parts of a name; a run, an ensemble, a sample and a file make four."""

_MARKUP = "<>"
_ELSEWHERE = '\\:"|?*'
"""Characters that mean a drive, a stream or a separator on some system, or that it does not take in a name."""

_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")


def plain_parts(name: str, where: str) -> tuple[str, ...]:
    """Parts of a relative path that stays below the folder it is put into, on any system.

    Parameters
    ----------
    name : str
        As the archive spells it; ``.`` as a part is left out.
    where : str
        The archive, for messages.

    Returns
    -------
    tuple of str
        Empty for the folder itself.

    Raises
    ------
    ForeignInputError
        If the name is absolute, leads upwards, is too long or too deep, or has characters that cannot be shown, that
        are markup, or that mean something else on another system.
    """
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    fault = _fault(name, parts)
    if fault:
        raise ForeignInputError(
            "an archive member has an unsafe name",
            expected="a relative path of plain names",
            got=f"{name[:80]!a}: {fault}",
            where=where,
            done="nothing was unpacked",
        )
    return parts


def require_plain_file_name(name: str, where: str) -> None:
    """Refuse the name of a file that would not stay plain text where it is printed.

    Raises
    ------
    ForeignInputError
        If it holds markup, or characters that cannot be shown.
    """
    # Bytes that are not UTF-8 come as surrogates; they are replaced where names are printed.
    shown = name.encode("utf-8", "replace").decode()
    fault = _unprintable(shown) or _holds(shown, _MARKUP)
    if fault:
        raise ForeignInputError(
            "a file has a name that is no plain text",
            expected="no < or >, nothing invisible",
            got=f"{name[:80]!a}: {fault}",
            where=ascii(where)[1:-1],
            done="it was not read",
        )


@dataclass
class DistinctNames:
    """Names taken so far, none of which may stand for another's file on any system.

    Systems differ in whether ``A`` and ``a`` are one file, and in how accents are composed.
    """

    _spelled: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    _files: set[tuple[str, ...]] = field(default_factory=set)

    def add(self, parts: tuple[str, ...], *, is_folder: bool, where: str) -> None:
        """Take a name.

        Parameters
        ----------
        parts : tuple of str
        is_folder : bool
        where : str
            The archive, for messages.

        Raises
        ------
        ForeignInputError
            If a file of this name is there, or a part is spelled otherwise, or is a file.
        """
        folded = tuple(unicodedata.normalize("NFC", part).casefold() for part in parts)
        for length in range(1, len(parts) + 1):
            key, spelled = folded[:length], parts[:length]
            is_file = length == len(parts) and not is_folder
            taken = self._spelled.get(key)
            if taken is not None and (is_file or taken != spelled or key in self._files):
                raise ForeignInputError(
                    "two archive members have the same name",
                    expected="names that differ by more than case, and files that are no folders",
                    got=f"{'/'.join(taken)!a} and {'/'.join(parts)!a}",
                    where=where,
                    done="nothing was unpacked",
                )
            self._spelled[key] = spelled
            if is_file:
                self._files.add(key)


def _fault(name: str, parts: tuple[str, ...]) -> str:
    if name.startswith("/"):
        return "absolute"
    if ".." in parts:
        return "it leads upwards"
    if unprintable := _unprintable(name) or _holds(name, _MARKUP + _ELSEWHERE):
        return unprintable
    if len(name.encode()) > LONGEST_NAME or any(len(part.encode()) > LONGEST_PART for part in parts):
        return "too long"
    if len(parts) > DEEPEST:
        return f"more than {DEEPEST} parts"
    if any(part.startswith(" ") or not is_file_name_everywhere(part) for part in parts):
        return "a part begins or ends with a blank, ends with a point, or names a device on some system"
    return ""


def _unprintable(name: str) -> str:
    found = next((character for character in name if unicodedata.category(character) in _INVISIBLE), "")
    return f"it holds U+{ord(found):04X}" if found else ""


def _holds(name: str, characters: str) -> str:
    found = next((character for character in name if character in characters), "")
    return f"it holds {found}" if found else ""

"""Ed25519 signatures of manifests, 64 bytes in a file of their own, by the trusted public keys in ``keys/``."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bosonpeak.datasets.download.cache import cache_directory
from bosonpeak.datasets.errors import SignatureError
from bosonpeak.datasets.manifest import MANIFEST, read_manifest
from bosonpeak.datasets.storage.atomic import writable_target, write_bytes, write_failure

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE = f"{MANIFEST}.sig"
PASSWORD_VARIABLE = "BOSONPEAK_KEY_PASSWORD"

_SIGNED_AT = "signed_at"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")

_TRUSTED = Path(__file__).with_name("keys")


def make_key(path: str | os.PathLike[str]) -> Path:
    """Write a new private key (PEM), readable by its owner only, and the public key beside it with suffix ``.pub``."""
    serialization, ed25519 = _library()
    target = writable_target(path)
    if target.exists():
        raise SignatureError("a key of that name exists", where=str(target), done="nothing was written")
    key = ed25519.Ed25519PrivateKey.generate()
    password = _password()
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption(),
    )
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
    public = target.with_name(f"{target.name}.pub")
    write_bytes(
        public,
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
    )
    return public


def sign(directory: str | os.PathLike[str], key: str | os.PathLike[str]) -> Path:
    """Write the time into the ``manifest.json`` of a directory, sign it with a private key (PEM), return the file."""
    private = _private_key(key)
    manifest = Path(directory) / MANIFEST
    target = manifest.with_name(SIGNATURE)
    read_manifest(manifest)
    document = json.loads(_read(manifest)) | {_SIGNED_AT: datetime.now(UTC).isoformat(timespec="microseconds")}
    target.unlink(missing_ok=True)
    write_bytes(manifest, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())
    write_bytes(target, private.sign(_read(manifest)))
    return target


def signer(directory: str | os.PathLike[str], keys: Iterable[str | os.PathLike[str]] = ()) -> Path | None:
    """Trusted public key of a directory's signed manifest, not older than the last one; None without a signature."""
    manifest = Path(directory) / MANIFEST
    signature = manifest.with_name(SIGNATURE)
    if not signature.exists():
        return None
    _library()
    from cryptography.exceptions import InvalidSignature

    trusted = [*trusted_keys(), *map(Path, keys)]
    text = _read(manifest)
    for path in trusted:
        try:
            _public_key(path).verify(_read(signature), text)
        except InvalidSignature:
            continue
        _refuse_older(text, path, manifest)
        return path
    raise SignatureError(
        "the manifest is not signed by a trusted key",
        expected="a signature of " + (", ".join(path.name for path in trusted) or "a key named with --key"),
        where=str(signature),
        likely_cause="the manifest was changed after it was signed, or the public key of its publisher was not given",
    )


def trusted_keys() -> tuple[Path, ...]:
    """Public keys that the package contains."""
    return tuple(sorted(_TRUSTED.glob("*.pub"))) if _TRUSTED.is_dir() else ()


def _refuse_older(text: bytes, key: Path, manifest: Path) -> None:
    """Compare the time of a verified manifest with the latest seen of its key, in the cache folder, and keep it."""
    from cryptography.hazmat.primitives import serialization

    raw = _public_key(key).public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    signed_at = str(json.loads(text).get(_SIGNED_AT, ""))
    seen = cache_directory() / "signatures" / hashlib.sha256(raw).hexdigest()
    try:
        latest = seen.read_text(encoding="ascii", errors="replace") if seen.exists() else ""
        is_dated = bool(_TIME.fullmatch(signed_at))
        if not is_dated or signed_at < latest:
            raise SignatureError(
                "the manifest is older than a manifest of the same key that was checked before"
                if is_dated
                else "the signed manifest does not contain the time of its signature",
                expected=f"a signature of {latest} or later" if latest else f"a time in {_SIGNED_AT}",
                got=signed_at or "no time",
                where=os.fspath(manifest),
                likely_cause="an outdated mirror, or a server that offers an earlier release"
                + (f"; if that is intended, delete {seen}" if is_dated else ""),
            )
        if signed_at != latest:
            seen.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(seen, signed_at.encode())
    except OSError as error:
        raise write_failure(error, seen) from error


def _library() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise SignatureError(
            "signatures need the package cryptography", likely_cause="pip install 'bosonpeak[sign]'"
        ) from error
    return serialization, ed25519


def _private_key(path: str | os.PathLike[str]) -> Ed25519PrivateKey:
    serialization, ed25519 = _library()
    try:
        key: Any = serialization.load_pem_private_key(_read(path), _password())
    except (ValueError, TypeError) as error:
        raise _unreadable(path, f"{error}", f"a wrong password in {PASSWORD_VARIABLE}, or not a PEM file") from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise _unreadable(path, type(key).__name__, "a key of another kind")
    return cast("Ed25519PrivateKey", key)


def _public_key(path: Path) -> Ed25519PublicKey:
    serialization, ed25519 = _library()
    try:
        key: Any = serialization.load_pem_public_key(_read(path))
    except ValueError as error:
        raise _unreadable(path, f"{error}", "a private key, or not a PEM file") from error
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise _unreadable(path, type(key).__name__, "a key of another kind")
    return cast("Ed25519PublicKey", key)


def _unreadable(path: str | os.PathLike[str], got: str, cause: str) -> SignatureError:
    return SignatureError(
        "the key cannot be read", expected="an Ed25519 key (PEM)", got=got, where=os.fspath(path), likely_cause=cause
    )


def _password() -> bytes | None:
    return os.environ.get(PASSWORD_VARIABLE, "").encode() or None


def _read(path: str | os.PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SignatureError(
            "a file that belongs to the signature cannot be read",
            got=error.strerror or str(error),
            where=os.fspath(path),
        ) from error

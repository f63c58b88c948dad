"""A release as it is published: mirrored, signed, served, checked; and whatever was done to it since, found out."""

import http.server
import json
import shutil
import subprocess
import threading
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from datacite import schema45

from bosonpeak.benchmark.commands.main import main
from bosonpeak.datasets import fetch, open_dataset
from bosonpeak.datasets.download.cache import clear_cache
from bosonpeak.datasets.errors import SignatureError, StoreError
from bosonpeak.datasets.manifest import read_manifest
from bosonpeak.datasets.publication.mirror import mirror
from bosonpeak.datasets.publication.release_check import check_directory, check_package
from bosonpeak.datasets.publication.signature import make_key, sign, signer
from bosonpeak.datasets.registry import info
from bosonpeak.datasets.storage.digest import file_sha256

NAMES = ["limit/one/block-00", "limit/one/block-01", "modes"]


@pytest.fixture
def mirrored(registry, tmp_path):
    mirror(tmp_path / "mirror")
    return tmp_path / "mirror"


@pytest.fixture
def key(tmp_path):
    make_key(tmp_path / "key.pem")
    return tmp_path / "key.pem"


def faults(directory, *keys, **options):
    return [finding.what for finding in check_directory(directory, keys, **options) if not finding.good]


def test_a_mirror_holds_everything_and_is_right(mirrored):
    entries = read_manifest(mirrored / "manifest.json")
    assert [entry.name for entry in entries] == NAMES
    assert [entry.file for entry in entries] == ["limit/one/block-00.nc", "limit/one/block-01.nc", "reference/modes.nc"]
    assert faults(mirrored) == []
    for name in NAMES:
        schema45.validator.validate(json.loads((mirrored / "datacite" / f"{name}.json").read_text()))
        assert (mirrored / "cards" / f"{name}.md").read_text().startswith(f"# {name}")
    checked = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=mirrored, check=False)
    assert checked.returncode == 0


def test_bringing_it_up_to_date_copies_what_changed_only(mirrored, key):
    sign(mirrored, key)
    before = {path: path.stat().st_ino for path in mirrored.rglob("*.nc")}
    (mirrored / "reference" / "modes.nc").write_bytes(b"spoilt")
    mirror(mirrored)
    assert faults(mirrored, f"{key}.pub", signature_required=True) == []
    after = {path: path.stat().st_ino for path in mirrored.rglob("*.nc")}
    assert {path.name for path in before if before[path] != after[path]} <= {"modes.nc"}
    mirror(mirrored, names=["modes"])
    assert signer(mirrored, [f"{key}.pub"]) is None


def test_any_static_server_serves_it(mirrored, monkeypatch):
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(mirrored))
    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "log_message", lambda *arguments: None)
    monkeypatch.setenv("NO_PROXY", "*")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("BOSONPEAK_MIRRORS", f"http://127.0.0.1:{server.server_port}/")
        try:
            assert file_sha256(fetch(NAMES[1], progress=False)) == info(NAMES[1]).sha256
            assert open_dataset(NAMES[0]).attrs["name"] == NAMES[0]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("spoil", "reported"),
    [
        (lambda file: file.write_bytes(b"short"), "5 bytes instead of"),
        (lambda file: file.unlink(), "missing"),
        (lambda file: file.write_bytes(file.read_bytes()[:-1] + b"\0"), "SHA-256"),
        (lambda file: shutil.copy(file, file.with_name("extra.nc")), "not in the manifest"),
    ],
)
def test_whatever_was_done_to_the_files_is_found(mirrored, spoil, reported):
    spoil(mirrored / "limit" / "one" / "block-00.nc")
    assert any(reported in fault for fault in faults(mirrored))


def test_a_part_of_a_mirror_may_be_checked(mirrored):
    (mirrored / "limit" / "one" / "block-00.nc").unlink()
    assert faults(mirrored, partial=True) == []


def test_a_release_that_nobody_signed_is_not_said_to_have_a_good_signature(mirrored):
    (finding,) = [each for each in check_directory(mirrored) if "signature" in each.what]
    assert finding.good
    assert finding.is_absent


def test_a_signature_is_of_whom_one_trusts(mirrored, key, tmp_path):
    assert faults(mirrored, signature_required=True) == ["no signature: the origin of the manifest is not verified"]
    sign(mirrored, key)
    assert signer(mirrored, [f"{key}.pub"]) == Path(f"{key}.pub")
    assert faults(mirrored, f"{key}.pub", signature_required=True) == []
    other = make_key(tmp_path / "other.pem")
    (fault,) = faults(mirrored, other)
    assert "not signed by a trusted key" in fault
    with pytest.raises(SignatureError):
        signer(mirrored)


def test_a_changed_manifest_is_not_the_signed_one(mirrored, key):
    sign(mirrored, key)
    manifest = mirrored / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"version": 1', b'"version": 2', 1))
    assert any("not signed" in fault for fault in faults(mirrored, f"{key}.pub"))


def test_a_release_before_the_latest_seen_is_refused(mirrored, key, tmp_path):
    sign(mirrored, key)
    old = shutil.copytree(mirrored, tmp_path / "old")
    public = f"{key}.pub"
    assert faults(old, public, signature_required=True) == []
    sign(mirrored, key)
    assert faults(mirrored, public, signature_required=True) == []
    assert faults(mirrored, public, signature_required=True) == []
    (fault,) = faults(old, public, signature_required=True)
    assert "older than a manifest of the same key" in fault
    clear_cache()  # data are forgotten, releases are not
    assert faults(old, public) == [fault]
    sign(old, make_key(tmp_path / "other.pem").with_suffix(""))  # of another key nothing was seen
    assert faults(old, tmp_path / "other.pem.pub") == []


def test_a_release_that_cannot_be_remembered_is_not_said_to_be_good(mirrored, key, tmp_path, monkeypatch):
    sign(mirrored, key)
    monkeypatch.setenv("BOSONPEAK_CACHE", str(tmp_path / "file"))
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="could not be written"):
        faults(mirrored, f"{key}.pub")


def test_a_signed_manifest_says_when(mirrored, key):
    sign(mirrored, key)
    manifest = mirrored / "manifest.json"
    document = json.loads(manifest.read_text())
    for time in (None, 7, "yesterday", "9999", "2027-01-01T00:00:00Z"):
        manifest.write_text(json.dumps(document | {"signed_at": time}))
        private = load_pem_private_key(key.read_bytes(), None)
        (mirrored / "manifest.json.sig").write_bytes(private.sign(manifest.read_bytes()))
        with pytest.raises(SignatureError, match="a time in signed_at"):
            signer(mirrored, [f"{key}.pub"])


def test_openssl_reads_keys_and_signatures(mirrored, key):
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine")
    sign(mirrored, key)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", f"{key}.pub", "-rawin"]
    command += ["-in", str(mirrored / "manifest.json"), "-sigfile", str(mirrored / "manifest.json.sig")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_private_key_is_kept(key, tmp_path, monkeypatch, mirrored):
    assert key.stat().st_mode & 0o077 == 0
    with pytest.raises(SignatureError, match="of that name"):
        make_key(key)
    monkeypatch.setenv("BOSONPEAK_KEY_PASSWORD", "secret")
    make_key(tmp_path / "locked.pem")
    sign(mirrored, tmp_path / "locked.pem")
    monkeypatch.setenv("BOSONPEAK_KEY_PASSWORD", "guessed")
    with pytest.raises(SignatureError, match="password"):
        sign(mirrored, tmp_path / "locked.pem")


@pytest.mark.parametrize("text", ["", "no key"])
def test_what_is_no_key_is_refused(mirrored, tmp_path, text):
    (tmp_path / "key").write_text(text)
    with pytest.raises(SignatureError, match="cannot be read"):
        sign(mirrored, tmp_path / "key")
    (mirrored / "manifest.json.sig").write_bytes(b"\0" * 64)
    with pytest.raises(SignatureError, match="cannot be read"):
        signer(mirrored, [tmp_path / "key"])


@pytest.mark.usefixtures("registry")
def test_the_package_checks_itself(registry):
    (finding,) = check_package()
    assert finding.good
    (registry.parent / "reference" / "modes.nc").write_bytes(b"spoilt")
    assert [finding.good for finding in check_package()] == [False, False]


@pytest.mark.usefixtures("registry")
def test_the_commands(tmp_path, capsys):
    there, private = str(tmp_path / "there"), str(tmp_path / "release.pem")
    assert main(["datasets", "mirror", there]) == 0
    assert "3 datasets" in capsys.readouterr().out
    assert main(["datasets", "sign", "--make-key", private]) == 0
    assert main(["datasets", "sign", there, "--key", private]) == 0
    assert main(["datasets", "check", there, "--key", f"{private}.pub", "--signature"]) == 0
    assert "FAULT" not in capsys.readouterr().out
    assert main(["datasets", "check", there]) == 1
    assert "FAULT  signature" in capsys.readouterr().out
    assert main(["datasets", "check"]) == 0
    assert main(["datasets", "check", str(tmp_path / "nowhere")]) == 2
    assert main(["datasets", "sign", there]) == 2


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the libraries below the validator
def test_the_validator_of_research_objects_finds_nothing(mirrored, monkeypatch):
    import email.message
    import io
    import urllib.response

    import rdflib._networking
    import requests
    import rocrate
    from rocrate_validator import models, services

    context = (Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_bytes()

    def for_the_parser(request):
        headers = email.message.Message()
        headers["Content-Type"] = "application/ld+json"
        return urllib.response.addinfourl(io.BytesIO(context), headers, request.full_url, 200)

    def for_the_checks(session, method, url, **options):
        answer = requests.Response()
        answer.status_code, answer.url, answer.raw = 200, url, io.BytesIO(context)
        answer.headers["Content-Type"] = "application/ld+json"
        return answer

    # The context of RO-Crate 1.1, as its own library carries it, instead of a download.
    monkeypatch.setattr(rdflib._networking, "urlopen", for_the_parser)
    monkeypatch.setattr(requests.Session, "request", for_the_checks)
    settings = services.ValidationSettings(
        rocrate_uri=str(mirrored),
        profile_identifier="ro-crate-1.1",
        requirement_severity=models.Severity.REQUIRED,
        skip_availability_check=True,
    )
    assert [issue.message for issue in services.validate(settings).get_issues()] == []
    graph = json.loads((mirrored / "ro-crate-metadata.json").read_text())["@graph"]
    del graph[1]["license"]
    (mirrored / "ro-crate-metadata.json").write_text(
        json.dumps({"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph})
    )
    assert services.validate(settings).has_issues()

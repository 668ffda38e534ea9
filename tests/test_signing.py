"""Signatures: what minisign makes we accept, what we make minisign accepts, and nothing passes that was changed."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import sample
import serving
from test_cli import run

from kpigraph import keys, pipeline, publish, releases, signing
from kpigraph.config import Settings
from kpigraph.problems import UsageError
from kpigraph.signing import SecretKey, public_key, secret_key

# Made with minisign 0.11 for this test: minisign -G -W; printf 'kpigraph\n' > text.txt; minisign -S -m text.txt -t …
PUBLIC = """untrusted comment: minisign public key EEBF6C6FE86B24D
RWRNsob+xvbrDgYLGuA5LK1nFAUJSz9iRAiQqBgp7t0c9dm+l/SWpJwu
"""
SECRET = """untrusted comment: minisign encrypted secret key
RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAATbKG/sb26w7eXtp1+PbtDwCs6Ma6nrcKhwRBY1BSullUt7Pv\
l6ZT+wYLGuA5LK1nFAUJSz9iRAiQqBgp7t0c9dm+l/SWpJwuAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
"""
SIGNED = """untrusted comment: signature from minisign secret key
RURNsob+xvbrDmhGO/oSkpsJy1gyhn962DByWSE1npcQO2iQ8L2NoFmlIG66647iAX/tEk3FdX9t3yWG1DDGujl1qheGtxOrvAs=
trusted comment: timestamp:1	file:text.txt	hashed
IRBQIQ5BYTIvxtYQ4qnT+nXZUbyxwbO2u1Cin4HDDxqMpyccQuSZQczSB+niL7/SWMpC1leyvAzScqhqKQ85Cw==
"""
TEXT, TRUSTED = b"kpigraph\n", "timestamp:1\tfile:text.txt\thashed"


def key_file(folder: Path, text: str = SECRET, mode: int = 0o600) -> Path:
    path = folder / "signing.key"
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one signed release. Read only; copy it to change it."""
    folder = tmp_path_factory.mktemp("signed")
    key = secret_key(key_file(folder))
    publish.publish(folder / "public", replace(sample.content(), signer=key))
    return folder / "public"


def release(public: Path) -> Path:
    found = publish.current_release(public)
    assert found is not None
    return found.folder


def test_we_sign_as_minisign_does_and_accept_what_it_signed(tmp_path: Path) -> None:
    key = secret_key(key_file(tmp_path))
    assert key.public.file == PUBLIC
    assert key.sign(TEXT, TRUSTED).splitlines()[1:] == SIGNED.splitlines()[1:]
    assert signing.check(public_key(PUBLIC), TEXT, SIGNED) == TRUSTED
    assert public_key(key.public.text) == key.public


@pytest.mark.parametrize(
    ("content", "signature", "why"),
    [
        (b"kpigraph", SIGNED, "not of these bytes"),
        (TEXT, SIGNED.replace("timestamp:1", "timestamp:2"), "not of these bytes"),
        (TEXT, SIGNED.replace("RURN", "RURO"), "another key"),
        (TEXT, SIGNED.replace("RURN", "AURN"), "not a signature file"),
        (TEXT, SIGNED.replace("RURN", "!!!!"), "not a signature file"),
        (TEXT, "", "not a signature file"),
    ],
)
def test_nothing_passes_that_was_changed(content: bytes, signature: str, why: str) -> None:
    with pytest.raises(signing.SignatureError, match=why):
        signing.check(public_key(PUBLIC), content, signature)


@pytest.mark.skipif(shutil.which("minisign") is None, reason="minisign is not installed")
def test_minisign_checks_a_release(signed: Path, tmp_path: Path) -> None:
    def accepts(folder: Path, key: str) -> bool:
        done = subprocess.run(["minisign", "-Vm", "manifest.json", "-P", key], cwd=folder, check=False)
        return done.returncode == 0

    folder = shutil.copytree(release(signed), tmp_path / "copy")
    assert accepts(folder, public_key(PUBLIC).text)
    assert not accepts(folder, SecretKey.new().public.text)
    (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes() + b" ")
    assert not accepts(folder, public_key(PUBLIC).text)


def test_verify_checks_the_signature(signed: Path, tmp_path: Path) -> None:
    public, key = shutil.copytree(signed, tmp_path / "public", symlinks=True), public_key(PUBLIC)
    folder = release(public)
    assert not [*releases.verify(folder), *signing.verify(folder, key), *signing.verify(folder)]
    assert [p.code for p in signing.verify(folder, SecretKey.new().public)] == ["release.signature"]
    done = run("verify", "--store", public, "--key", key.text)
    assert (done.returncode, key.text in done.stdout) == (0, True)
    (tmp_path / "their.pub").write_text(SecretKey.new().public.file)
    done = run("verify", "--store", public, "--key", tmp_path / "their.pub")
    assert (done.returncode, "does not hold" in done.stderr) == (1, True)

    # A table, the manifest and the name that fit each other, under the old signature.
    table = folder / "observations.csv"
    table.write_bytes(table.read_bytes() + b"\n")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["files"]["observations.csv"] = {
        "bytes": table.stat().st_size,
        "sha256": releases.describe(table).sha256,
    }
    manifest["checksum"] = releases.checksum(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    digest = releases.digest({n: releases.File(**f) for n, f in manifest["files"].items()})
    forged = folder.rename(folder.with_name(f"000002-{digest[:12]}"))
    assert not releases.verify(forged)
    assert [p.code for p in signing.verify(forged, key)] == ["release.signature"]
    (forged / "manifest.json.minisig").unlink()
    assert [p.code for p in signing.verify(forged, key)] == ["release.unsigned"]


def test_a_former_release_cannot_be_passed_off_as_a_newer_one(signed: Path, tmp_path: Path) -> None:
    folder = release(signed)
    newer = shutil.copytree(folder, tmp_path / folder.name.replace("000001", "000009"))
    assert not releases.verify(newer)
    assert [p.code for p in signing.verify(newer, public_key(PUBLIC))] == ["release.signed-as"]


def test_the_key_is_published_and_the_same_content_stays_as_it_is(signed: Path, tmp_path: Path) -> None:
    key = public_key(PUBLIC)
    catalogue = (release(signed) / "catalog.ttl").read_text("utf-8")
    assert key.text in catalogue
    assert key.multibase in catalogue
    client = serving.client_of(signed)
    try:
        assert client.get("/.well-known/minisign.pub").text == PUBLIC
        assert client.get("/.well-known/minisign.pub").headers["content-type"].startswith("text/plain")
        signature = client.get("/download/manifest.json.minisig").text
        assert signing.check(key, client.get("/download/manifest.json").content, signature)
    finally:
        client.close()
    public = shutil.copytree(signed, tmp_path / "public", symlinks=True)
    content = replace(sample.content(), signer=secret_key(key_file(tmp_path)))
    assert not publish.publish(public, content).new
    assert publish.publish(public, replace(content, signer=SecretKey.new())).new  # the catalogue names another key
    assert publish.publish(public, replace(content, signer=None)).new
    assert not (release(public) / "manifest.json.minisig").exists()


def test_multibase_is_that_of_others() -> None:
    """The key of RFC 8032, 7.1, test 1, as did:key:z6Mk… has it."""
    key = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    made = signing.PublicKey(b"12345678", key).multibase
    assert made.startswith("z6Mk")
    number = 0
    for letter in made[1:]:
        number = number * 58 + "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".index(letter)
    assert number.to_bytes(34) == b"\xed\x01" + key


# ---- keys


def test_keys_are_made_for_their_owner_alone_and_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "my.key"
    keys.new(file)
    word = capsys.readouterr().out.splitlines()[-1]
    keys.show(file)
    assert capsys.readouterr().out.strip() == word == public_key((tmp_path / "my.key.pub").read_text()).text
    assert file.stat().st_mode & 0o777 == 0o600
    assert str(secret_key(file)._seed) not in repr(secret_key(file))
    for there in ("my.key", "my.key.pub"):
        with pytest.raises(UsageError, match="never overwritten"):
            keys.new(file)
        (tmp_path / there).rename(tmp_path / f"kept-{there}")
    assert secret_key(tmp_path / "kept-my.key").public.text == word


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        (SECRET, 0o644, "others can read"),
        (SECRET, 0o620, "others can read"),
        (SECRET.replace("RWQAAEIy", "RWRTY0Iy"), 0o600, "with a password"),
        (SECRET.replace("ABAU", "XXXX").replace("YLGu", "YLGv"), 0o600, "not a signing key"),
        (PUBLIC, 0o600, "not a signing key"),
        ("", 0o600, "not a signing key"),
        ("鍵", 0o600, "not a signing key"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused(tmp_path: Path, text: str, mode: int, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        secret_key(key_file(tmp_path, text, mode))


def test_a_build_with_a_key_that_cannot_be_used_does_not_begin(tmp_path: Path) -> None:
    for key, why in ((key_file(tmp_path, mode=0o604), "others can read"), (tmp_path / "none", "cannot read")):
        settings = Settings.from_environment({"KPIGRAPH_SIGNING_KEY": str(key)})
        with pytest.raises(UsageError, match=why):
            pipeline.build(tmp_path / "data", tmp_path / "out", settings)
    assert not (tmp_path / "out").exists()

"""Signatures of releases: ed25519 in the files of minisign, so that anybody can check them without this program.

    minisign.pub             the public key, beside the manifest and at /.well-known/minisign.pub
    manifest.json.minisig    the signature of manifest.json, which has the SHA-256 of every other file

In a release: `minisign -Vm manifest.json`. The trusted comment, which is signed too, names the release, so that no
former one can be passed off as a newer one. A signature lies beside the release's content and is no part of its digest.

Source: https://jedisct1.github.io/minisign/#signature-format (prehashed signatures, "ED"; keys without a password)
"""

import base64
import hashlib
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kpigraph.problems import Problem, SourceLocation, UsageError
from kpigraph.releases import MANIFEST, PUBLIC_KEY, SIGNATURE

_SECRET_HEAD = b"Ed" + b"\0\0" + b"B2" + bytes(48)  # no password: no key derivation, neither salt nor costs
_SECRET_BYTES, _PUBLIC_BYTES = 158, 42
_NOT_OURS = 0o027  # the group may read, as a service manager's credential files have it; others may do nothing
_COMMENT = "untrusted comment: "
_TRUSTED = "trusted comment: "
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class SignatureError(Exception):
    """A signature is not one of the key, or not of what it lies beside. The text says which, in English."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key and the name that minisign gives it: eight bytes of chance."""

    name: bytes
    key: bytes

    @property
    def text(self) -> str:
        """The key as one word, as `minisign -P` and `kpigraph verify --key` take it."""
        return base64.b64encode(b"Ed" + self.name + self.key).decode()

    @property
    def file(self) -> str:
        return f"{_COMMENT}minisign public key {_shown(self.name)}\n{self.text}\n"

    @property
    def multibase(self) -> str:
        """The key as the W3C's vocabulary for security writes it: multicodec ed25519-pub in base 58."""
        number, digits = int.from_bytes(b"\xed\x01" + self.key), ""
        while number:
            number, digit = divmod(number, 58)
            digits = _BASE58[digit] + digits
        return "z" + digits


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A secret key. It is never shown."""

    public: PublicKey
    _seed: bytes = field(repr=False)

    @classmethod
    def new(cls) -> "SecretKey":
        seed = secrets.token_bytes(32)
        return cls(PublicKey(secrets.token_bytes(8), _public(seed)), seed)

    def sign(self, content: bytes, trusted: str) -> str:
        """Return the signature file of `content`; `trusted` is signed with it. The same in, the same out."""
        private = Ed25519PrivateKey.from_private_bytes(self._seed)
        signature = private.sign(hashlib.blake2b(content).digest())
        whole = private.sign(signature + trusted.encode())
        first = base64.b64encode(b"ED" + self.public.name + signature).decode()
        return (
            f"{_COMMENT}signature of kpigraph, key {self.public.text}\n{first}\n"
            f"{_TRUSTED}{trusted}\n{base64.b64encode(whole).decode()}\n"
        )

    def write(self, path: Path) -> None:
        """Write the key for its owner alone.

        Raises:
            UsageError: if the file is there already; a key is never overwritten.
        """
        held = _SECRET_HEAD + self.public.name + self._seed + self.public.key + bytes(32)
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise UsageError(f"鍵は上書きしません: {path}", f"a key is never overwritten: {path}") from None
        with os.fdopen(file, "w") as stream:
            stream.write(f"{_COMMENT}minisign encrypted secret key\n{base64.b64encode(held).decode()}\n")


def _shown(name: bytes) -> str:
    return f"{int.from_bytes(name, 'little'):X}"


def _public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def secret_key(path: Path) -> SecretKey:
    """Return the secret key in a file of ours or of `minisign -G -W`.

    Raises:
        UsageError: if it cannot be read, has a password, is none, or if others than its owner can read or change it.
    """
    try:
        if path.stat().st_mode & _NOT_OURS:
            raise UsageError(
                f"署名の鍵をほかの人が読めるか書き換えられます: {path}（chmod 600 {path}）",
                f"others can read or change the signing key: {path} (chmod 600 {path})",
            )
        held = _decoded(path.read_text("utf-8"))
    except OSError as e:
        raise UsageError(
            f"署名の鍵を読めません: {path}（{e.strerror}）", f"cannot read the signing key: {path} ({e.strerror})"
        ) from e
    except ValueError:
        held = b""
    if len(held) == _SECRET_BYTES and held[2:4] != b"\0\0":
        raise UsageError(
            f"パスワード付きの鍵は使えません: {path}（kpigraph keys new か minisign -G -W で作った鍵を使います）",
            f"a key with a password cannot be used: {path} (make one with kpigraph keys new, or minisign -G -W)",
        )
    name, seed, public = held[54:62], held[62:94], held[94:126]
    if len(held) != _SECRET_BYTES or not held.startswith(b"Ed") or _public(seed) != public:
        raise UsageError(f"署名の鍵ではありません: {path}", f"not a signing key: {path}")
    return SecretKey(PublicKey(name, public), seed)


def public_key(text: str) -> PublicKey:
    """Return the public key in the text of its file, or in its one word.

    Raises:
        ValueError: if it is none.
    """
    held = _decoded(text)
    if len(held) != _PUBLIC_BYTES or not held.startswith(b"Ed"):
        raise ValueError("no public key of minisign")
    return PublicKey(held[2:10], held[10:])


def _decoded(text: str) -> bytes:
    """Return what a key holds: the last line, or the only one. Raises ValueError if that is no base 64."""
    return base64.b64decode((text.strip().splitlines() or [""])[-1].strip(), validate=True)


def check(key: PublicKey, content: bytes, signature: str) -> str:
    """Return the trusted comment of a signature of `content` by `key`.

    Raises:
        SignatureError: if it is none.
    """
    lines = signature.splitlines()
    try:
        if len(lines) != 4 or not lines[2].startswith(_TRUSTED):
            raise ValueError
        first, whole = (base64.b64decode(lines[n], validate=True) for n in (1, 3))
    except ValueError:
        raise SignatureError("not a signature file of minisign") from None
    kind, name, signed, trusted = first[:2], first[2:10], first[10:], lines[2].removeprefix(_TRUSTED)
    if kind not in (b"ED", b"Ed"):
        raise SignatureError("not a signature file of minisign")
    if name != key.name:
        raise SignatureError(f"signed with another key, {_shown(name)}")
    public = Ed25519PublicKey.from_public_bytes(key.key)
    try:
        public.verify(signed, hashlib.blake2b(content).digest() if kind == b"ED" else content)
        public.verify(whole, signed + trusted.encode())
    except InvalidSignature:
        raise SignatureError("the signature is not of these bytes") from None
    return trusted


def sign_release(folder: Path, version: str, built_at: str, key: SecretKey) -> None:
    """Sign the manifest in `folder`, which will be the release `version`, and put the public key beside it."""
    seconds = int(datetime.fromisoformat(built_at).timestamp())
    trusted = f"timestamp:{seconds}\tfile:{MANIFEST}\thashed\trelease:{version}"
    (folder / SIGNATURE).write_text(key.sign((folder / MANIFEST).read_bytes(), trusted), "utf-8")
    (folder / PUBLIC_KEY).write_text(key.public.file, "utf-8")


def is_signed(folder: Path) -> bool:
    return (folder / SIGNATURE).is_file()


def verify(folder: Path, key: PublicKey | None = None) -> list[Problem]:
    """Return what is wrong with the signature of a release.

    Without `key`, one that is there is checked by the key beside it: that finds damage, and proves nothing of who
    signed.
    """
    at = SourceLocation(file=str(folder / SIGNATURE))
    try:
        if not is_signed(folder):
            return [Problem("release.unsigned", at)] if key else []
        key = key or public_key((folder / PUBLIC_KEY).read_text("utf-8"))
        content, signature = (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_text("utf-8")
        trusted = check(key, content, signature)
    except (OSError, ValueError, SignatureError, UsageError) as e:
        return [Problem("release.signature", at, found=str(e))]
    named = [part.removeprefix("release:") for part in trusted.split("\t") if part.startswith("release:")]
    if named and named != [folder.name]:
        return [Problem("release.signed-as", at, found=folder.name, expected=named[0])]
    return []


def key_of(release_folder: Path) -> str:
    """Return the public key beside a release, "" where there is none that can be read."""
    try:
        return public_key((release_folder / PUBLIC_KEY).read_text("utf-8")).text
    except (OSError, ValueError):
        return ""

"""What an operator installs from: pins and hashes that agree, images, units and proxies that keep to their rules."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from datetime import UTC, datetime, timedelta
from importlib.metadata import distribution
from pathlib import Path

import pytest
import yaml
from conftest import REPO
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

sys.path.insert(0, str(REPO / "deploy"))
from hashes import entries, key, needed  # type: ignore[import-not-found]

DOCKERFILE = (REPO / "Dockerfile").read_text("utf-8")
HEX = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def pins() -> dict[str, str]:
    lines = (REPO / "constraints.txt").read_text("utf-8").splitlines()
    return {key(line.split("==")[0]): line.split("==")[1] for line in lines if line}


def hashed(name: str) -> dict[str, str]:
    return entries((REPO / name).read_text("utf-8"))


def test_every_pin_has_its_hashes_and_no_address() -> None:
    """After constraints.txt has changed: `python deploy/hashes.py`, see its docstring."""
    every = hashed("hashes.txt")
    assert {name: re.match(r"\S+==([^\s;]+)", text)[1] for name, text in every.items()} == pins()  # type: ignore[index]
    assert all(HEX.search(text) for text in every.values())
    for name in ("hashes.txt", "hashes-run.txt", "hashes-build.txt"):
        assert "://" not in (REPO / name).read_text("utf-8")


def test_what_runs_and_what_builds_is_all_that_these_need() -> None:
    every = hashed("hashes.txt")
    for name, roots in (("hashes-run.txt", ("kpigraph",)), ("hashes-build.txt", ("hatchling",))):
        found = hashed(name)
        assert found.keys() == needed(*roots) - {"kpigraph"}
        assert all(every[package] == text for package, text in found.items())


def test_nothing_installed_differs_from_its_pin() -> None:
    wanted = pins()
    for name in hashed("hashes-run.txt"):
        assert distribution(name).version == wanted[name]


def instructions() -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^#.*\n", "", DOCKERFILE))
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in joined.splitlines() if line.strip()]


def test_the_image_is_built_in_two_stages_and_runs_without_rights() -> None:
    steps = instructions()
    starts = [n for n, (word, _) in enumerate(steps) if word == "FROM"]
    assert len(starts) == 2
    last = steps[starts[-1] :]
    words = [word for word, _ in last]
    assert dict(steps)["ARG"].partition("=")[2].rpartition(":")[2] not in ("", "latest")
    assert [value for word, value in last if word == "USER"] == ["10001"]
    assert words.index("USER") > words.index("COPY")
    assert {"HEALTHCHECK", "ENTRYPOINT"} <= set(words)
    assert not any(word == "ADD" for word, _ in steps)
    assert not any(re.search(r"apt-get|curl|wget|pip install", value) for word, value in last if word == "RUN")
    for word, value in steps:
        assert not re.search(r"password|secret|token|api_?key", value, re.IGNORECASE)
        if word in ("ENTRYPOINT", "CMD"):
            json.loads(value)  # no shell between the signal and the server
    asked = [value for word, value in steps if "pip install" in value and "--no-index" not in value]
    assert asked
    assert all(value.count("pip install") == value.count("--require-hashes") for value in asked)


@pytest.mark.skipif(not Path(sys.prefix, "bin/hadolint").exists(), reason="hadolint is not there for this machine")
def test_hadolint_finds_nothing() -> None:
    found = subprocess.run(
        [Path(sys.prefix, "bin/hadolint"), REPO / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (0, "")


def test_the_image_has_nothing_of_this_machine() -> None:
    ignored = (REPO / ".dockerignore").read_text("utf-8").split()
    assert {".git", ".venv", "public", "kpigraph/serve/built"} <= set(ignored)


def test_the_services_have_no_rights_and_write_only_where_they_must() -> None:
    services = yaml.safe_load((REPO / "compose.yaml").read_text("utf-8"))["services"]
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["user"] == "10001:10001"
        assert "privileged" not in service
    assert services["build"]["network_mode"] == "none"
    assert all(volume.endswith(":ro") for volume in services["serve"]["volumes"])
    assert services["serve"]["ports"] == ["127.0.0.1:8000:8000"]
    assert "healthz" in str(services["serve"]["healthcheck"]["test"])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not there")
def test_the_unit_is_sound_and_confined(tmp_path: Path) -> None:
    unit = (REPO / "deploy" / "kpigraph.service").read_text("utf-8")
    (tmp_path / "kpigraph.service").write_text(unit.replace("/opt/kpigraph/bin/kpigraph", "/bin/true"))
    command = ["systemd-analyze", "verify", str(tmp_path / "kpigraph.service")]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "kpigraph.service" not in told.stderr
    command = [
        "systemd-analyze",
        "security",
        "--offline=yes",
        "--threshold=20",
        str(REPO / "deploy" / "kpigraph.service"),
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout[-200:]  # 2.0 of 10 at most


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_takes_the_example(tmp_path: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kpi.example.jp")])
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    signed = x509.CertificateBuilder(name, name, private.public_key(), 1, begins, begins + timedelta(days=1))
    (tmp_path / "fullchain.pem").write_bytes(
        signed.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    (tmp_path / "privkey.pem").write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    example = (REPO / "deploy" / "nginx.conf").read_text("utf-8").replace("/etc/ssl/kpigraph", str(tmp_path))
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; {example} }}"
    )
    command = ["nginx", "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-g", "daemon off;"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "warn" not in told.stderr.replace('the "user" directive', "")


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed")
def test_caddy_takes_the_example_and_forwards_by_it(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    example = str(REPO / "deploy" / "Caddyfile")
    adapted = ["--adapter", "caddyfile", "--config"]
    for command in (["caddy", "validate", *adapted, example], ["caddy", "fmt", example]):
        told = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert told.returncode == 0, told.stderr
    text = Path(example).read_text("utf-8")
    assert told.stdout == text

    with socket.create_server(("127.0.0.1", 0)) as backend:
        backend.settimeout(10)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        ours = text.replace("127.0.0.1:8000", f"127.0.0.1:{backend.getsockname()[1]}")
        ours = ours.replace("kpi.example.jp", f"http://kpi.example.jp:{port}")
        (tmp_path / "Caddyfile").write_text("{\nadmin off\nauto_https off\ndefault_bind 127.0.0.1\n}\n" + ours)
        with subprocess.Popen(
            ["caddy", "run", *adapted, str(tmp_path / "Caddyfile")], env=environment, stderr=subprocess.DEVNULL
        ) as caddy:
            try:
                with answered_within(10, port) as client:
                    client.sendall(
                        b"GET /goals HTTP/1.1\r\nHost: kpi.example.jp\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"
                    )
                    with backend.accept()[0] as connection:
                        asked = connection.recv(65_536).decode()
                        connection.sendall(b"HTTP/1.1 200 OK\r\nServer: inside\r\nContent-Length: 2\r\n\r\nok")
                    answer = client.recv(65_536).decode()
            finally:
                caddy.terminate()
    assert asked.startswith("GET /goals HTTP/1.1")
    assert "Host: kpi.example.jp" in asked
    assert "203.0.113.9" not in asked  # who asks is what Caddy saw, not what the client says
    assert "Strict-Transport-Security: max-age=31536000" in answer
    assert "Server:" not in answer


def answered_within(seconds: float, port: int) -> socket.socket:
    """Return a connection to a port of this machine, once somebody listens there.

    Raises:
        OSError: if nobody does in time.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=5)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def test_the_examples_forward_to_the_server_and_keep_what_is_the_operators() -> None:
    for name in ("nginx.conf", "Caddyfile"):
        text = (REPO / "deploy" / name).read_text("utf-8")
        assert text.count("{") == text.count("}")
        for needed_text in ("127.0.0.1:8000", "Strict-Transport-Security", "/metrics", "kpi.example.jp"):
            assert needed_text in text


def test_how_to_report_is_said_in_both_languages() -> None:
    text = (REPO / "SECURITY.md").read_text("utf-8")
    assert "## How to report" in text
    assert "## 安全について" in text
    for path in re.findall(r"`((?:deploy/|compose)[\w./-]+)`", text):
        assert (REPO / path).is_file()


def test_the_bill_of_materials_is_of_what_runs_and_always_the_same(tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "cyclonedx_py", "requirements", "--output-reproducible", "--spec-version", "1.6",
        "--no-validate", "--pyproject", str(REPO / "pyproject.toml"), str(REPO / "hashes-run.txt"),
    ]  # fmt: skip
    bill = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert "serialNumber" not in bill  # which, as the time, would be another each time
    assert "timestamp" not in bill["metadata"]
    found = {key(c["name"]): c["version"] for c in bill["components"]}
    assert found == {name: pins()[name] for name in hashed("hashes-run.txt")}
    assert all(r["hashes"] for c in bill["components"] for r in c["externalReferences"] if r["type"] == "distribution")
    assert bill["metadata"]["component"]["name"] == "kpigraph"


def test_extras_are_pinned() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]
    every = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    names = {key(re.match(r"[A-Za-z0-9._-]+", line)[0]) for line in every}  # type: ignore[index]
    assert names - {"kpigraph"} <= pins().keys()

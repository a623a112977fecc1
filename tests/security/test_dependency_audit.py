"""The audit of the locked packages in CI: a known vulnerability fails it, missing data does not."""

import json
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parent.parent.parent / ".ci" / "audit"
CLEAN = {"name": "babel", "version": "2.17.0", "vulns": []}
VULNERABLE = {"name": "babel", "version": "2.9.0", "vulns": [{"id": "PYSEC-2021-421"}]}
SKIPPED = {"name": "babel", "version": "2.17.0", "skip_reason": "not found"}


def audit_script() -> ModuleType:
    loader = SourceFileLoader("ci_audit", str(SCRIPT))
    spec = spec_from_loader("ci_audit", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def audited(tmp_path: Path, printed: str) -> int:
    """The exit code when the audit tool prints this."""
    script = audit_script()
    tool = tmp_path / "pip-audit"
    tool.write_text(f"#!/bin/sh\ncat <<'END'\n{printed}\nEND\n", encoding="utf-8")
    tool.chmod(0o700)
    vars(script)["TOOLS"] = tmp_path
    return int(script.audit())


@pytest.mark.parametrize(
    ("packages", "code"),
    [([CLEAN], 0), ([CLEAN, VULNERABLE], 1), ([SKIPPED], 0), ([SKIPPED, VULNERABLE], 1)],
)
def test_audit_fails_only_on_a_known_vulnerability(
    tmp_path: Path, packages: list[dict[str, Any]], code: int
) -> None:
    assert audited(tmp_path, json.dumps({"dependencies": packages})) == code


def test_audit_without_data_reports_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audited(tmp_path, "no network") == 0
    assert "not done" in capsys.readouterr().out

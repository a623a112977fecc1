"""Texts that are read in processes of their own."""

import csv
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from pathlib import Path

import pytest

from bot.app import Container
from bot.config.settings import Settings
from bot.data.analyses.feedback.aspects import load_lexicon
from bot.data.analyses.feedback.mentions import pack_language
from bot.data.analyses.feedback.texts import read_texts, select_feedback
from bot.data.analyses.result import AnalysisFilter
from bot.data.ingest import importer
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.importer import read_table, store_table
from bot.data.text_workers import MIN_TEXTS, TextWorkers
from bot.privacy import find_personal_data, mask_all
from tests.support.paths import ROOT
from tests.support.process_numbers import read_processes

PROSE = (
    "La coupe est superbe, mais la manche est trop courte. {} Sinon rien à redire !",
    "Bonjour,\nJ'ai reçu le pull en retard : {}\nMerci d'avance",
    "I'm not happy: the zip broke after two days. {} Will you send a new one?",
    "{}\nLovely colour, runs small though. 100 % would not buy again…",
    "Très déçue… je suis cliente depuis 10 ans ! {}",
    "The linen shirt is back and it’s great. {}",
)
PERSONAL = (
    "Appelez le 06 39 98 24 78.",
    "Call me on +44 7700 900123 please.",
    "Écrivez à lea.martin@exemple.fr, vite.",
    "mail: rose (at) box (dot) example",
    "Ma carte 4970 1012 3456 7891 est débitée.",
    "IBAN FR76 3000 6000 0112 3456 7890 189",
    "My SSN is 536-22-8145, ok?",
    "Née le 12/03/1985 à Brest.",
    "Mon insta : marie_lin29",
    "12 rue des Lilas, 75011 Paris",
    "221B Baker Street, London NW1 6XE",
    "Je suis Apolline Grimpereau.",
    "C'est Mme Dupont qui m'a aidée.",
    "je suis mme Lefèvre",
    "My name is john.",
    "Merci à Sandrine et Léa pour leur aide",
    "ma fille Manon adore",
    "PHILIPPE MARCHAND",
    "Cordialement,\nÉlodie Garnier",
    "Robe Maud Longue, taille M.",
    "Order OM0014566, EAN 3760123456789",
    "-",
)
TEXTS = tuple(prose.format(said) for prose, said in product(PROSE, PERSONAL))
OWN = frozenset(("robe", "maud", "linen", "marie"))


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[TextWorkers]:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with TextWorkers(MIN_TEXTS) as found:
        yield found


@pytest.mark.parametrize("own", [frozenset[str](), OWN])
def test_workers_mask_the_same(workers: TextWorkers, own: frozenset[str]) -> None:
    texts = [f"{n} {text}" for n in range(10) for text in TEXTS]
    masked = workers.map(partial(mask_all, own=own), texts)
    assert masked == mask_all(texts, own)
    kinds = {datum.kind for text in TEXTS for datum in find_personal_data(text)}
    assert len(kinds) >= 8
    assert masked != texts


def test_workers_find_the_same_themes(workers: TextWorkers) -> None:
    texts = [f"{text} {n} fois" for n in range(9) for text in TEXTS]
    found = workers.map(partial(pack_language, language="fr"), texts)
    assert found == pack_language(texts, "fr")
    assert sum(map(bool, found)) > 100


def test_many_texts_are_read_in_two_processes(workers: TextWorkers) -> None:
    found = workers.map(read_processes, ["a"] * 5_000)
    assert len(found) == 5_000
    assert len(set(found)) == 2
    assert os.getpid() not in found


def test_few_texts_are_read_in_this_process() -> None:
    with TextWorkers() as workers:
        assert workers.map(read_processes, ["a"] * 5_000) == [os.getpid()] * 5_000


@pytest.mark.parametrize("python", ["/bin/false", "/no/such/python"])
def test_without_workers_this_process_reads(
    workers: TextWorkers, monkeypatch: pytest.MonkeyPatch, python: str
) -> None:
    monkeypatch.setattr(sys, "executable", python)
    for _ in range(2):
        assert workers.map(read_processes, ["a"] * 5_000) == [os.getpid()] * 5_000


def test_workers_end_with_the_process_that_started_them() -> None:
    script = (
        "import os\n"
        "from bot.data.text_workers import TextWorkers\n"
        "from tests.support.process_numbers import read_processes\n"
        "os.cpu_count = lambda: 2\n"
        "print(*set(TextWorkers(10**6).map(read_processes, ['a'] * 5000)), flush=True)\n"
        "os._exit(1)\n"
    )
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=120)
    processes = [int(one) for one in ran.stdout.split()]
    assert len(processes) == 2
    until = time.monotonic() + 30
    while any(map(is_running, processes)):
        assert time.monotonic() < until
        time.sleep(0.05)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or ") Z " not in stat.read_text()


def test_import_finds_the_themes_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "MIN_TEXTS", 1_000)
    path = tmp_path / "reviews.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "date", "title", "review", "rating", "language"])
        for n in range(1_200):
            title = "Trop petit" if n % 3 else ""
            text = f"{TEXTS[n % len(TEXTS)]} {n}"
            rows.writerow([f"R{n}", "2026-11-02", title, text, 1 + n % 5, ("fr", "en")[n % 7 > 5]])
    container = Container(Settings.read({"SUPER_INTERN_HOME": str(tmp_path / "home")})).migrated()
    found = detect_schema(path, name=path.name)
    table = read_table(container, "T1", path, found, tmp_path / "rows")
    store_table(container, "T1", table, path.name)

    warehouse = container.row_store.open("T1")
    texts = read_texts(warehouse, select_feedback(warehouse, AnalysisFilter()), AnalysisFilter())
    french = [text.whole for text in texts if text.language == "fr"]
    lexicon = load_lexicon("fr")
    assert lexicon is not None
    assert len(french) > 1_000
    new: list[str] = []

    def find(texts: Sequence[str]) -> list[bytes]:
        new.extend(texts)
        return pack_language(texts, "fr")

    kept = container.row_store.mention_cache("T1").find_all(lexicon.version, french, find)
    assert new == []
    assert kept == pack_language(french, "fr")

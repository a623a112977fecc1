"""brand.toml and policy.toml: their values, and the line that an error names."""

import os
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from bot.config.brand import Brand, Market
from bot.config.policy import Policy
from bot.config.settings import SettingsError
from bot.config.toml import BRAND, POLICY, check_toml_files, load_brand, load_policy
from bot.errors import CannotDo
from tests.support.paths import ROOT

DOCS = ROOT / "docs"


def mistake_in(home: Path, file: str, text: str | bytes) -> str:
    stored = text.encode() if isinstance(text, str) else text
    (home / file).write_bytes(stored)
    with pytest.raises(SettingsError) as mistake:
        check_toml_files(home)
    return str(mistake.value)


def test_missing_files_give_defaults(tmp_path: Path) -> None:
    check_toml_files(tmp_path)
    assert load_brand(tmp_path, "T1") == Brand(name="Your shop", languages=("en", "fr"))
    assert load_policy(tmp_path, "T1") == Policy()


@pytest.mark.parametrize("text", ["", "# only words\n", "\ufeff"])
def test_empty_file_gives_defaults(tmp_path: Path, text: str) -> None:
    for file in (BRAND, POLICY):
        (tmp_path / file).write_text(text, encoding="utf-8")
    check_toml_files(tmp_path)
    assert load_brand(tmp_path, "T1").name == "Your shop"
    assert load_policy(tmp_path, "T1") == Policy()


def test_brand_needs_only_a_name(tmp_path: Path) -> None:
    (tmp_path / BRAND).write_text('name = "Maison"\n')
    assert load_brand(tmp_path, "T1") == Brand(name="Maison", languages=("en", "fr"))


def test_examples_in_the_docs_are_valid(tmp_path: Path) -> None:
    for file in (BRAND, POLICY):
        shutil.copy(DOCS / file.replace(".toml", ".example.toml"), tmp_path / file)
    check_toml_files(tmp_path)
    brand, outlet = load_brand(tmp_path, "T9"), load_brand(tmp_path, "T0123ABCD")
    assert set(brand.model_fields_set) == set(Brand.model_fields)  # every setting is shown
    assert (brand.name, brand.address) == ("Maison Lin", "vous")
    assert (outlet.name, outlet.address, outlet.languages) == ("Maison Lin Outlet", "tu", ("fr",))
    assert outlet.samples == brand.samples
    policy, stricter = load_policy(tmp_path, "T9"), load_policy(tmp_path, "T0123ABCD")
    for table in Policy.model_fields:
        shown = getattr(policy, table)
        assert shown.model_fields_set == set(type(shown).model_fields)
    assert policy.spend.usd_a_day == Decimal("5.00")
    assert (policy.approval.needed, stricter.approval.needed) == (1, 2)
    assert stricter.approval.approvers == ("U0789JKLM",)
    assert stricter.delivery == policy.delivery


def test_file_may_hold_only_workspace_exceptions(tmp_path: Path) -> None:
    (tmp_path / BRAND).write_text('[workspace.T1]\nname = "One"\n')
    assert load_brand(tmp_path, "T1").name == "One"
    assert load_brand(tmp_path, "T2").name == "Your shop"


def test_windows_line_ends_and_bom_are_read(tmp_path: Path) -> None:
    (tmp_path / BRAND).write_bytes(b'\xef\xbb\xbfname = "Caf\xc3\xa9"\r\naddress = "tu"\r\n')
    assert load_brand(tmp_path, "T1").name == "Café"


def test_file_is_read_again_only_after_a_change(tmp_path: Path) -> None:
    file = tmp_path / BRAND
    file.write_text('name = "One"\n')
    first = load_brand(tmp_path, "T1")
    assert load_brand(tmp_path, "T1") is first
    file.write_text('name = "Two"\n')
    os.utime(file, (1, 1))
    assert load_brand(tmp_path, "T1").name == "Two"
    file.unlink()
    assert load_brand(tmp_path, "T1").name == "Your shop"


def test_error_is_a_message_for_the_person(tmp_path: Path) -> None:
    (tmp_path / POLICY).write_text("[approval]\nneeded = 0\n")
    with pytest.raises(CannotDo) as cannot:
        load_policy(tmp_path, "T1")
    said = 'policy.toml, line 2: "needed" must be at least 1 (it is 0)'
    assert cannot.value.words.to("en") == str(cannot.value) == said


LONG = '# what\n\n[approval]\napprovers = [\n  "U1", # ada\n  "U2",\n]\n\n'

POLICIES = {
    # values, at the line of their key
    "[approval]\nneeded = 0\n": '2: "needed" must be at least 1 (it is 0)',
    f"{LONG}needed = 6\n": '9: "needed" must be at most 5 (it is 6)',
    "approval.needed = 0\n": '1: "needed" must be at least 1 (it is 0)',
    "\n\napproval = { author_may_approve = true, needed = 9 }": '3: "needed" must be at most 5',
    '[approval]\nneeded = "two"\n': '2: "needed" must be a whole number (it is "two")',
    "[approval]\nneeded = 1.5\n": '2: "needed" must be a whole number (it is 1.5)',
    '[approval]\nauthor_may_approve = "maybe"\n': '2: "author_may_approve" must be true or false',
    '[approval]\napprovers = "U1"\n': '2: "approvers" must be a list, like ["one", "two"]',
    '[approval]\napprovers = [\n"U1",\n\n7]': '5: "approvers[2]" must be text in quotes (it is 7)',
    "[spend]\nusd_a_day = -1\n": '2: "usd_a_day" must be at least 0 (it is -1)',
    "[spend]\nusd_a_day = nan\n": '2: "usd_a_day" must be a number (it is NaN)',
    '[spend]\nusd_a_day = "lots"\n': '2: "usd_a_day" must be a number (it is "lots")',
    '[delivery]\nfiles = ["md",\n "pdf"]': "3: \"files[2]\" must be 'md', 'html' or 'json'",
    "approval = 3": '1: "approval" must be a table of settings (it is 3)',
    # ids that Slack would not know
    '[approval]\napprovers = ["U1",\n  "@ada"]': '3: "approvers[2]" must be a member id like U0123',
    '[delivery]\nchannels = ["#news"]': '2: "channels[1]" must be a channel id like C0123ABCD',
    # unknown names
    "[approval]\nneded = 1\n": '2: "neded" is unknown; did you mean "needed"?',
    "[approvals]\nneeded = 1\n": '1: "approvals" is unknown; did you mean "approval"?',
    "[approval]\n\nzzz = 1\n": '3: "zzz" is unknown',
    "needed = 1\n": '1: "needed" is unknown',
    '"quoted key" = 1\n': '1: "quoted key" is unknown',
    # the first of several
    "[spend]\nusd_a_day = -1\n[approval]\nneeded = 0\n": '2: "usd_a_day" must be at least 0',
    # exceptions
    "[workspace.T1.approval]\nneeded = 0\n": '2: "needed" must be at least 1',
    "[approval]\nneeded = 1\n\n[workspace.T1]\napproval.needed = 0": '5: "needed" must be at least',
    "[workspace.T1]\n[workspace.T2.approval]\nneeded = 0\n": '3: "needed" must be at least 1',
    '[workspace."T1".approval]\n\napprovers = ["ada"]': '3: "approvers[1]" must be a member id',
    "[workspace.T1]\nneeded = 1\n": '2: "needed" is unknown',
    "[approval]\n[workspace.acme.approval]\n": '2: "acme" is not a workspace id; it looks like T0',
    "[workspace.t123]\n": '1: "t123" is not a workspace id; it looks like T0123ABCD',
    "\nworkspace = 3\n": '2: "workspace" must be tables: [workspace.T0123ABCD]',
    "[workspace]\nT1 = 3\n": '2: "T1" must be a table: [workspace.T1]',
    # not TOML
    "[approval\nneeded = 1\n": "1: is not TOML: expected ']' at the end of a table declaration",
    "[approval]\nneeded 1\n": "2: is not TOML: expected '=' after a key in a key/value pair",
    "[approval]\nneeded = \n": "2: is not TOML: invalid value",
    "[approval]\nneeded = yes\n": "2: is not TOML: invalid value",
    "[approval]\nneeded = 1\nneeded = 2\n": "3: is not TOML: cannot overwrite a value",
    "[approval]\n[spend]\n[approval]\n": "3: is not TOML: cannot declare",
    '[approval]\n\napprovers = ["U1"\n\n': "4: is not TOML: unclosed array",
    '[approval]\napprovers = ["U1]\n': "2: is not TOML: illegal character",
}


@pytest.mark.parametrize(("text", "said"), POLICIES.items())
def test_policy_error_names_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert mistake_in(tmp_path, POLICY, text).startswith(f"policy.toml, line {said}")


STORY = '"""\nOnce [upon]\na = "time" # here\n"""'

BRANDS = {
    "languages = ['en']\n": '1: "name" is missing',
    'name = ""\n': '1: "name" must have at least 1 character (it is empty)',
    "name = 3\n": '1: "name" must be text in quotes (it is 3)',
    'name = "A"\nsender = "MuchTooLongName"\n': '2: "sender" must have at most 11 characters',
    'name = "A"\nlanguages = ["en", "de"]\n': "2: \"languages[2]\" must be 'en' or 'fr' (it is",
    'name = "A"\naddress = "du"\n': "2: \"address\" must be 'tu' or 'vous' (it is \"du\")",
    'nane = "A"\n': '1: "nane" is unknown; did you mean "name"?',
    f'name = "A"\nabout = {STORY}\naddress = "du"\n': "6: \"address\" must be 'tu' or 'vous'",
    'name = "A"\n[[samples]]\ntext = "B"\n[[samples]]\ntext = ""\n': '5: "text" must have at least',
    'name = "A"\n[[samples]]\nlanguage = "fr"\n': '2: "text" is missing',
    'name = "A"\n[[samples]]\ntext = "B"\nchanel = "sms"\n': '4: "chanel" is unknown; did you me',
    'name = "A"\nsamples = [\n{ text = "B" },\n{ text = 3 }]': '4: "text" must be text in quotes',
    'name = "A"\n[[mentions]]\ntext = "B"\nchannels = "sms"\n': '4: "channels" must be a list',
    'name = "A"\nmentions = "none"\n': '2: "mentions" must be a list',
    "\n[workspace.T1]\n\n[workspace.T2]\nname = 'B'\n": '2: "name" is missing',
    'name = "A"\n[workspace.T1]\n[[workspace.T1.samples]]\ntext = 1\n': '4: "text" must be text',
}


@pytest.mark.parametrize(("text", "said"), BRANDS.items())
def test_brand_error_names_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert mistake_in(tmp_path, BRAND, text).startswith(f"brand.toml, line {said}")


def test_other_encoding_is_reported(tmp_path: Path) -> None:
    said = mistake_in(tmp_path, BRAND, '\nname = "Café"\n'.encode("cp1252"))
    assert said == "brand.toml, line 2: is not UTF-8; save the file as UTF-8"


def test_unreadable_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / BRAND).mkdir()
    with pytest.raises(SettingsError, match=r"brand\.toml: cannot be read"):
        check_toml_files(tmp_path)


def test_brand_knows_the_line_that_tells_what_it_is_about(tmp_path: Path) -> None:
    text = 'name = "Maison"\nabout = "Linen."\n[workspace.T0123ABCD]\nabout = "Wool."\n'
    text += '[workspace.T0999XYZ]\nname = "Outlet"\n'
    (tmp_path / "brand.toml").write_text(text, encoding="utf-8")
    lines = [load_brand(tmp_path, id).about_line for id in ("T1", "T0123ABCD", "T0999XYZ")]
    assert lines == [2, 4, 2]
    market = Brand(name="Maison", markets={"GB": Market(language="en")}).with_about_line(7)
    assert market.for_market("GB", ()).about_line == 7

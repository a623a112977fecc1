"""Progress of an import."""

from pathlib import Path

import pytest

from bot.data.ingest.column_sql import create_macros
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import layout_of_schema
from bot.data.ingest.loader import load_file, select_typed
from bot.data.ingest.source import open_source
from tests.support.import_files import KEY, TODAY, file

KINDS = {
    "orders": "order,line,date,customer,product,quantity,amount,currency,status,device,returned\n"
    "1,1,2026-01-02,c@x.fr,p,1,5.00,EUR,paid,phone,no\n",
    "events": "session,timestamp,event,device\ns,2026-01-02 10:00,view,mobile\n",
    "feedback": "id,date,text,rating\n1,2026-01-02,Soft and warm,5\n",
    "campaigns": "id,date,channel,impressions,clicks,spend\n1,2026-01-02,ads,10,1,0.50\n",
    "experiments": "variant,user_id,visit,spend\nA,u1,1,0\nB,u2,0,2.50\n",
    "consents": "customer_id,email,email_consent,sms_consent\n7,c@x.fr,yes,no\n",
}


@pytest.mark.parametrize("kind", KINDS)
def test_engine_reports_progress(kind: str, tmp_path: Path) -> None:
    """It can't tell it of a query with a join, as which it reads a long list of words."""
    path = file(tmp_path, KINDS[kind], f"{kind}.csv")
    found = detect_schema(path, name=path.name)
    assert found.kind == kind
    with open_source(path, path.name, layout_of_schema(found)) as source:
        create_macros(source.con, KEY)
        sql, _ = select_typed(found, source.relation, TODAY)
        if "bare_words(" in sql:
            source.con.execute("CREATE MACRO bare_words(x) AS x")
        plan = "".join(row[1] for row in source.con.execute(f"EXPLAIN {sql}").fetchall())
    assert "READ_CSV" in plan
    assert "JOIN" not in plan


def test_progress_ends_with_all_rows(tmp_path: Path) -> None:
    rows = "".join(f"{n},2026-01-02,5.00\n" for n in range(30_000))
    path, heard = file(tmp_path, f"order,date,amount\n{rows}"), list[int]()
    found = detect_schema(path, name=path.name)
    load_file(path, found, to=tmp_path / "o.parquet", key=KEY, today=TODAY, progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 30_000

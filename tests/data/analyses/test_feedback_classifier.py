"""The numpy TF-IDF, factorisation and classifier, compared with scikit-learn."""

import itertools
import random

import numpy as np
import pytest
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from bot.data.analyses.feedback.emerging_themes import factorise_matrix
from bot.data.analyses.feedback.sentiment import _assign_folds, predict_chances, predict_out_of_fold
from bot.data.analyses.feedback.tfidf import RANDOM_SEED, SparseMatrix, TermVectorizer

KINDS = ("soft linen shirt fits", "late parcel broken box", "candle smells nice gift")


def texts(n: int = 300) -> list[list[str]]:
    """Words of one of three kinds, among others that say nothing."""
    dice = random.Random(3)
    filler = [f"word{i}" for i in range(60)]
    return [dice.choices(KINDS[i % 3].split(), k=4) + dice.choices(filler, k=5) for i in range(n)]


def dense(table: SparseMatrix) -> np.ndarray:
    whole = np.zeros(table.shape)
    whole[table.row, table.column] = table.value
    return whole


def pairs(one: list[str]) -> list[str]:
    return [*one, *(f"{a} {b}" for a, b in itertools.pairwise(one))]


def test_tfidf_agrees_with_scikit_learn() -> None:
    said, others = texts(), [["linen", "shirt", "never", "said"], []]
    terms = TermVectorizer(said)
    oracle = TfidfVectorizer(analyzer=pairs, min_df=2, max_df=0.9, sublinear_tf=True)
    assert dense(terms.rows) == pytest.approx(oracle.fit_transform(said).toarray())
    assert terms.names == list(oracle.get_feature_names_out())
    assert dense(terms.vectorize(others)) == pytest.approx(oracle.transform(others).toarray())


def test_vectorizer_refuses_texts_without_repeated_words() -> None:
    with pytest.raises(ValueError, match="no term"):
        TermVectorizer([["one"], ["two"], []])


def test_factors_agree_with_scikit_learn() -> None:
    table = TermVectorizer(texts(), rare=3, often=0.5, pairs=False).rows
    rows, columns = factorise_matrix(table, 5)
    oracle = NMF(5, init="nndsvd", random_state=RANDOM_SEED, max_iter=150, tol=1e-3)
    assert rows == pytest.approx(oracle.fit_transform(dense(table)), abs=1e-6)
    assert columns == pytest.approx(oracle.components_.T, abs=1e-6)


def test_probabilities_agree_with_scikit_learn() -> None:
    said = texts()
    table = TermVectorizer(said).rows.beside((np.arange(len(said), dtype=np.float64) % 5)[:, None])
    dice = np.random.default_rng(1)
    happened = (dice.random(len(said)) < np.where(np.arange(len(said)) % 3, 0.9, 0.3)).astype(float)
    oracle = LogisticRegression(class_weight="balanced", C=4.0, tol=1e-8, max_iter=1000)
    oracle.fit(dense(table), happened)
    assert predict_chances(table, happened, table) == pytest.approx(
        oracle.predict_proba(dense(table))[:, 1], abs=0.005
    )


def test_cross_validation_predicts_each_text_out_of_fold() -> None:
    happened = np.array([1.0, 0.0, 0.0, 1.0, 0.0] * 20)
    folds = StratifiedKFold(5, shuffle=True, random_state=RANDOM_SEED)
    theirs = np.zeros(len(happened), int)
    for k, (_seen, asked) in enumerate(folds.split(happened, happened)):
        theirs[asked] = k
    assert _assign_folds(happened, 5).tolist() == theirs.tolist()
    # a column of its own for each text: only a learner that saw the text could tell
    own = SparseMatrix(np.arange(100), np.arange(100), np.ones(100), (100, 100))
    assert np.ptp(predict_out_of_fold(own, happened, 5)) < 0.2

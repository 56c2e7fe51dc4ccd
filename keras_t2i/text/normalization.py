"""Unicode normalisation of captions."""

from collections.abc import Sequence

from keras_t2i.pipelines.lazy import tf_text


def normalize(captions: Sequence[str]) -> list[str]:
    """One spelling for what reads the same: NFKC and case folding (tensorflow-text).

    Full-width letters, ligatures and decomposed accents or Hangul become their usual characters.

    Args:
        captions: Any Unicode text.

    Returns:
        The captions, folded.
    """
    if not captions:
        return []
    folded = tf_text.case_fold_utf8(tf_text.normalize_utf8(list(captions), "NFKC"))
    return [text.decode() for text in tf_text.normalize_utf8(folded, "NFKC").numpy()]

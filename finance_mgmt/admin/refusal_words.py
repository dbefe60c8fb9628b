"""Every sentence that a refusal may say, as the translators get it (wording.py)."""

SENTENCES: tuple[str, ...] = ()

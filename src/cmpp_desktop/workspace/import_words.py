"""What is said of an import: names of fields, reasons of rows, notices about a file; in the window and in the list of errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cmpp_desktop.words import Words

Said = Callable[[Words], str]

_FIELDS: Mapping[str, Said] = {
    "given": lambda w: w("Given name"),
    "family": lambda w: w("Family name"),
    "family2": lambda w: w("Second family name"),
    "name": lambda w: w("Full name"),
    "preferred": lambda w: w("Preferred name"),
    "native": lambda w: w("Name in own script"),
    "aliases": lambda w: w("Other names"),
    "birth": lambda w: w("Birth date"),
    "birth_estimated": lambda w: w("Birth date estimated"),
    "gender": lambda w: w("Gender"),
    "birth_country": lambda w: w("Country of birth"),
    "nationality": lambda w: w("Nationality"),
    "languages": lambda w: w("Languages"),
    "interpreter": lambda w: w("Interpreter needed"),
    "a_number": lambda w: w("A-number"),
    "phone": lambda w: w("Phone"),
    "email": lambda w: w("Email"),
    "safe_contact": lambda w: w("Safe contact"),
    "arrived": lambda w: w("Last arrival"),
    "accessibility": lambda w: w("Accessibility"),
    "street": lambda w: w("Street address"),
    "street2": lambda w: w("Address line 2"),
    "city": lambda w: w("City"),
    "state": lambda w: w("State"),
    "postal_code": lambda w: w("ZIP code"),
    "household": lambda w: w("Household"),
    "relationship": lambda w: w("Relationship to head"),
    "obligation": lambda w: w("Hearing type"),
    "obligation_day": lambda w: w("Hearing date"),
    "obligation_time": lambda w: w("Hearing time"),
    "obligation_place": lambda w: w("Hearing location"),
    "obligation_mode": lambda w: w("Hearing mode"),
    "judge": lambda w: w("Judge"),
    "lawyer": lambda w: w("Lawyer"),
    "obligation_note": lambda w: w("Notes"),
}

_REASONS: Mapping[str, Said] = {
    "missing": lambda w: w("This is needed."),
    "too_long": lambda w: w("This is too long."),
    "not_valid": lambda w: w("This cannot be right as it is."),
    "a_number_digits": lambda w: w("An A-number has 8 or 9 digits."),
    "in_future": lambda w: w("It cannot be after today."),
    "date_not_read": lambda w: w("This is not a date that can be read. Write it as 2026-11-24."),
    "date_ambiguous": lambda w: w("This may be two different days. Say whether the day or the month comes first."),
    "date_short_year": lambda w: w("The year needs four digits."),
    "date_is_number": lambda w: w("This is a number and not a date. Format the column as dates."),
    "date_out_of_range": lambda w: w("This year cannot be right."),
    "time_not_read": lambda w: w("This is not a time that can be read. Write it as 9:30 am or 14:05."),
    "yes_or_no": lambda w: w("Write yes or no."),
    "number_rounded": lambda w: w("A spreadsheet has rounded this number. Format the column as text and type it again."),
    "phone_digits": lambda w: w("A phone number has at least 7 digits."),
    "email_form": lambda w: w("This is not an e-mail address."),
    "second_head": lambda w: w("Another row says already who is the head of this household."),
    "not_in_list": lambda w: w("This is not in the list of choices."),
    "not_a_country": lambda w: w("This country is not known."),
    "not_a_language": lambda w: w("This language is not known."),
    "control_letters": lambda w: w("There are letters in it that cannot be shown."),
    "not_text": lambda w: w("This cannot be read."),
    "formula_without_value": lambda w: w("This is a formula without a result. Replace it by its value."),
    "cell_error": lambda w: w("The spreadsheet shows an error here."),
    "nothing_to_import": lambda w: w("There is nothing in this row to bring in."),
    "person_not_found": lambda w: w("Nobody here has this A-number."),
}

_NOTICES: Mapping[str, Said] = {
    "other_form": lambda w: w("The ending of the file’s name does not say what is in it. It was read as what it is."),
    "windows_1252": lambda w: w("The file does not say how its letters are written. Look whether names with accents are right."),
    "hidden_sheets": lambda w: w("The file has hidden sheets. They were left alone."),
    "hidden_columns": lambda w: w("There are hidden columns. They are listed like the others."),
    "hidden_rows": lambda w: w("There are hidden rows. They are brought in like the others."),
    "merged": lambda w: w("Some cells are merged. What they say counts for their first row only."),
    "formulas": lambda w: w("Some cells are formulas. Their last result is read; nothing is computed."),
    "macros": lambda w: w("The file has macros. They were not looked at."),
    "links": lambda w: w("The file refers to other files. They were not looked at."),
    "same_headings": lambda w: w("Several columns have the same heading. Only the first is taken unless you choose."),
}


def field_name(name: str, words: Words) -> str:
    """What a field is called, also as the heading of our template."""
    said = _FIELDS.get(name)
    return said(words) if said is not None else name


def reason(code: str, words: Words) -> str:
    """Why a cell or row cannot be brought in."""
    return _REASONS.get(code, _REASONS["not_valid"])(words)


def notice(code: str, words: Words) -> str:
    """What a person should know about a file."""
    said = _NOTICES.get(code)
    return said(words) if said is not None else ""


REASONS = frozenset(_REASONS)
NOTICES = frozenset(_NOTICES)

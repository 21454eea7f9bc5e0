"""The words of somebody else's table: headings, months, short forms, other names of countries. English and Spanish; folded."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

# Field → headings by which it is known, folded; the first is what our own template says. English and Spanish.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "given": ("given name", "first name", "given names", "first", "forename", "nombre", "nombres", "primer nombre", "nombre s"),
    "family": (
        "family name", "last name", "surname", "surnames", "last", "apellido", "apellidos", "apellido s", "apellido paterno",
    ),
    "family2": ("second family name", "second surname", "second last name", "segundo apellido", "apellido materno"),
    "name": ("full name", "name", "client name", "participant", "participant name", "client", "nombre completo", "participante"),
    "preferred": ("preferred name", "goes by", "nickname", "nombre preferido", "apodo", "le llaman"),
    "native": ("name in own script", "native name", "name in native script", "nombre en su escritura", "nombre nativo"),
    "aliases": ("other names", "aliases", "alias", "aka", "also known as", "otros nombres"),
    "birth": (
        "birth date", "date of birth", "dob", "d o b", "birthdate", "birthday", "born", "fecha de nacimiento", "nacimiento",
        "fecha nacimiento", "f nacimiento",
    ),
    "birth_estimated": ("birth date estimated", "estimated", "dob estimated", "fecha estimada", "fecha de nacimiento estimada"),
    "gender": ("gender", "sex", "genero", "sexo"),
    "birth_country": ("country of birth", "birth country", "pais de nacimiento", "pais de origen", "country of origin"),
    "nationality": ("nationality", "citizenship", "nacionalidad", "ciudadania", "country"),
    "languages": ("languages", "language", "preferred language", "primary language", "idioma", "idiomas", "lengua", "lenguas"),
    "interpreter": ("interpreter needed", "interpreter", "needs interpreter", "interprete", "necesita interprete"),
    "a_number": (
        "a number", "a no", "alien number", "alien registration number", "anumber", "a", "numero a", "numero de extranjero",
        "num a", "a num",
    ),
    "phone": ("phone", "phone number", "telephone", "mobile", "cell", "cell phone", "telefono", "celular", "movil", "tel"),
    "email": ("email", "e mail", "email address", "correo", "correo electronico"),
    "safe_contact": ("safe contact", "safe contact rules", "contacto seguro"),
    "arrived": ("last arrival", "arrival date", "date of arrival", "arrived", "date of entry", "entry date",
                "fecha de llegada", "ultima llegada", "fecha de entrada", "llegada"),
    "accessibility": ("accessibility", "accommodations", "accesibilidad"),
    "street": ("street address", "address", "street", "address line 1", "address 1", "direccion", "calle", "domicilio"),
    "street2": ("address line 2", "address 2", "apartment", "apt", "unit", "apartamento", "depto", "direccion 2"),
    "city": ("city", "town", "ciudad"),
    "state": ("state", "estado"),
    "postal_code": ("zip code", "zip", "postal code", "postcode", "codigo postal", "cp"),
    "household": ("household", "family group", "household id", "family id", "hogar", "nucleo familiar", "id de hogar", "familia"),
    "relationship": ("relationship to head", "relationship", "relation", "parentesco", "relacion"),
    "obligation": ("obligation", "hearing type", "event type", "appointment type", "obligation type", "obligacion",
                   "tipo de audiencia", "tipo de cita"),
    "obligation_day": ("obligation date", "hearing date", "next hearing", "next hearing date", "event date", "appointment date",
                       "check in date", "fecha de la audiencia", "fecha de audiencia", "proxima audiencia", "fecha de la cita"),
    "obligation_time": ("obligation time", "hearing time", "time", "hora", "hora de la audiencia", "hora de la cita"),
    "obligation_place": ("obligation place", "court", "hearing location", "location", "place", "tribunal", "lugar", "corte",
                         "lugar de la audiencia"),
    "obligation_mode": ("obligation mode", "mode", "hearing mode", "modalidad"),
    "judge": ("judge", "immigration judge", "juez", "jueza"),
    "lawyer": ("lawyer", "attorney", "abogado", "abogada", "representante legal"),
    "obligation_note": ("obligation note", "hearing note", "notes", "note", "comments", "nota", "notas", "observaciones"),
}  # fmt: skip
DATES = ("birth", "arrived", "obligation_day")
OBLIGATION = ("obligation", "obligation_day", "obligation_time", "obligation_place", "obligation_mode", "judge", "lawyer",
              "obligation_note")  # fmt: skip
NAMES = ("given", "family", "family2", "name")
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero ene",
            "february feb febrero", "march mar marzo", "april apr abril abr", "may mayo", "june jun junio",
            "july jul julio", "august aug agosto ago", "september sep sept septiembre setiembre set", "october oct octubre",
            "november nov noviembre", "december dec diciembre dic",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
YES = frozenset(("yes", "y", "true", "1", "x", "si", "s", "verdadero", "✓", "✔"))
NO = frozenset(("no", "n", "false", "0", "falso", ""))
SHORT = {
    "gender": {"f": "female", "m": "male", "w": "female", "woman": "female", "man": "male", "girl": "female", "boy": "male",
               "femenino": "female", "masculino": "male", "femenina": "female", "h": "male", "nina": "female", "nino": "male"},
    "relationship": {"self": "head", "head": "head", "hoh": "head", "jefe": "head", "jefa": "head", "jefe de hogar": "head",
                     "jefa de hogar": "head", "mother": "parent", "father": "parent", "madre": "parent", "padre": "parent",
                     "wife": "spouse", "husband": "spouse", "esposa": "spouse", "esposo": "spouse", "brother": "sibling",
                     "sister": "sibling", "hermano": "sibling", "hermana": "sibling", "hija": "daughter", "hijo": "son"},
    "obligation_type": {"master": "master_hearing", "mch": "master_hearing", "individual": "individual_hearing",
                        "merits": "individual_hearing", "merits hearing": "individual_hearing", "bond": "bond_hearing",
                        "ice": "ice_check_in", "check in": "ice_check_in", "ice check in": "ice_check_in",
                        "isap": "isap_check_in", "preliminar": "master_hearing"},
}  # fmt: skip
# Other names under which tables have a country, folded.
COUNTRIES = {
    "usa": "US", "u s": "US", "u s a": "US", "united states of america": "US", "estados unidos de america": "US", "eeuu": "US",
    "ee uu": "US", "russian federation": "RU", "ivory coast": "CI", "costa de marfil": "CI", "burma": "MM", "uk": "GB",
    "great britain": "GB", "drc": "CD", "dr congo": "CD", "democratic republic of the congo": "CD", "congo kinshasa": "CD",
    "republic of the congo": "CG", "congo brazzaville": "CG", "cape verde": "CV", "swaziland": "SZ", "macedonia": "MK",
    "czech republic": "CZ", "turkey": "TR", "syrian arab republic": "SY", "palestine": "PS", "the gambia": "GM",
    "viet nam": "VN", "bolivarian republic of venezuela": "VE", "republica dominicana": "DO",
}  # fmt: skip


def folded(text: str) -> str:
    """A heading or a word of a list for comparison: lower case, no accents, one space between words."""
    told = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter if letter.isalnum() else " " for letter in told if unicodedata.category(letter) != "Mn")
    return " ".join(kept.split())


@lru_cache(maxsize=1)
def _known_headings() -> Mapping[str, str]:
    return {folded(heading): name for name, headings in FIELDS.items() for heading in (name, *headings)}


def guess(heading: str) -> str:
    """The field that a heading names, or ""."""
    return _known_headings().get(folded(heading), "")

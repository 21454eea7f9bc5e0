"""Where synthetic people come from: given and family names that go together, languages, a script. All invented pairs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """One background. `women` and `men`: given name and, when they write in another script, that form of it."""

    country: str
    languages: tuple[str, ...]
    interpreter: bool
    women: tuple[tuple[str, str], ...]
    men: tuple[tuple[str, str], ...]
    families: tuple[tuple[str, str], ...]


def _plain(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, "") for name in text.split())


ORIGINS = (
    Origin(
        "GT", ("quc", "es"), True,
        _plain("Marisela Candelaria Juana Tomasa Ixchel"), _plain("Mateo Diego Sebastián Baltazar Gaspar"),
        _plain("Tzoc Ajanel Xol Chávez Mejía Poncio"),
    ),
    Origin(
        "AF", ("prs", "en"), True,
        (("Zohra", "زهره"), ("Leila", "لیلا"), ("Nasrin", "نسرین"), ("Shirin", "شیرین")),
        (("Farid", "فرید"), ("Samir", "سمیر"), ("Gul Agha", "گل آغا"), ("Bakhtiar", "بختیار")),
        (("Rahimi", "رحیمی"), ("Karimi", "کریمی"), ("Ahmadi", "احمدی")),
    ),
    Origin(
        "HT", ("ht", "fr"), True,
        _plain("Wideline Mirlande Rose-Laure Guerda"), _plain("Junior Wilner Jean-Robert Frantz"),
        _plain("Pierre-Louis Desrosiers Saint-Fleur Baptiste"),
    ),
    Origin(
        "UA", ("uk", "ru"), True,
        (("Oksana", "Оксана"), ("Larysa", "Лариса"), ("Iryna", "Ірина")),
        (("Taras", "Тарас"), ("Bohdan", "Богдан"), ("Ostap", "Остап")),
        (("Hrytsenko", "Гриценко"), ("Kovalchuk", "Ковальчук"), ("Lysenko", "Лисенко")),
    ),
    Origin(
        "ER", ("ti", "ar"), True,
        (("Selam", "ሰላም"), ("Feven", "ፌቨን")), (("Yosief", "ዮሴፍ"), ("Tesfay", "ተስፋይ")),
        (("Tesfamariam", "ተስፋማርያም"), ("Haile", "ሃይለ")),
    ),
    Origin(
        "VE", ("es",), False,
        _plain("Kenia Yusmary Milagros Dayana"), _plain("Luis José Wilmer Edinson"),
        _plain("Orellana Pineda Urdaneta Briceño Colmenares"),
    ),
    Origin(
        "IN", ("pa", "en"), False,
        (("Gurpreet", "ਗੁਰਪ੍ਰੀਤ"), ("Simran", "ਸਿਮਰਨ")), (("Harjit", "ਹਰਜੀਤ"), ("Manvir", "ਮਨਵੀਰ")),
        (("Kaur", "ਕੌਰ"), ("Singh", "ਸਿੰਘ")),
    ),
    Origin(
        "SN", ("wo", "fr"), True,
        _plain("Aminata Fatou Coumba"), _plain("Ibrahima Mamadou Ousmane"), _plain("Diallo Ndiaye Sow"),
    ),
    Origin(
        "BO", ("qu", "es"), False,
        _plain("Rosa Nilda Benita"), _plain("Freddy Remigio Silverio"), _plain("Quispe Mamani Choque Condori"),
    ),
    Origin(
        "SY", ("ar",), True,
        (("Nadia", "نادية"), ("Rima", "ريما")), (("Anas", "أنس"), ("Yaman", "يمان")),
        (("Haddad", "حداد"), ("Masri", "المصري")),
    ),
)  # fmt: skip

STREETS = ("Alder St", "Canal St", "Lantern St", "Orchard Ave", "Millrace Rd", "Ferry Ln", "Quarry Rd", "Juniper Ct")
LAWYERS = ("J. Whitlock, Alder Legal Aid", "M. Osei, Harbor Immigrant Law", "R. Lindqvist, Alder Legal Aid")
JUDGES = ("H. Castellane", "P. Odum", "V. Marchetti")
COURT = "Newbridge Immigration Court"
COURT_ZONE = "America/New_York"

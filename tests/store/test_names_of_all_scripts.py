"""Names as an office meets them, in the script of their country and as somebody else wrote them in Latin: the second writing is
noticed before it is registered again, and found by whoever types it; and few who are somebody else are taken for them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pytest

from cmpp_desktop.domain.households import NewPerson
from cmpp_desktop.domain.questions import LikelyDuplicates, People
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.store.folding import name_apart
from cmpp_desktop.store.likeness import ALIKE, Ear
from tests.store.laptops import DAY, Laptop
from tests.store.test_duplicates import write

SCRIPTS: dict[str, tuple[tuple[str, str], ...]] = {
    "Arabic": (
        ("محمد رحیمی", "Mohammad Rahimi"), ("محمد رحيمي", "محمد رحیمی"), ("فاطمة حسين", "Fatima Hussein"),
        ("عبدالله كريم", "Abdullah Karim"), ("عبد الرحمن حداد", "Abdulrahman Haddad"), ("أحمد نجيب", "احمد نجیب"),
        ("زهرا حسینی", "Zahra Hosseini"), ("گلناز کریمی", "Golnaz Karimi"), ("خالد ابراهیم", "Khaled Ibrahim"),
    ),
    "Ge'ez": (
        ("ሰላም ተስፋዬ", "Selam Tesfaye"), ("አበበ ቢቂላ", "Abebe Bikila"), ("ሐና ገብረ መድህን", "Hana Gebremedhin"),
        ("ሃና ገብረመድኅን", "ሐና ገብረ መድህን"), ("ተክለሃይማኖት ወልደ", "Teklehaymanot Wolde"), ("ጸሐይ መኮንን", "Tsehay Mekonnen"),
    ),
    "Cyrillic": (
        ("Олександр Шевченко", "Oleksandr Shevchenko"), ("Наталія Ковальчук", "Nataliia Kovalchuk"),
        ("Юрий Щербаков", "Yuri Shcherbakov"), ("Евгений Хрущёв", "Yevgeny Khrushchev"),
    ),
    "Indian": (
        ("राम शर्मा", "Ram Sharma"), ("सुनीता गुरुङ", "Sunita Gurung"), ("लक्ष्मी थापा", "Laxmi Thapa"),
        ("মোহাম্মদ রহমান", "Mohammad Rahman"), ("ফাতেমা খাতুন", "Fatema Khatun"), ("ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ", "Gurpreet Singh"),
        ("ਮਨਜੀਤ ਕੌਰ", "Manjit Kaur"), ("ਹਰਜਿੰਦਰ ਢਿੱਲੋਂ", "Harjinder Dhillon"),
    ),
    "Han and Hangul": (
        ("王小明", "Xiaoming Wang"), ("张伟", "Wei Zhang"), ("張偉", "Zhang Wei"), ("李娜", "Na Li"), ("陈丽", "Chen Li"),
        ("欧阳文静", "Wenjing Ouyang"), ("김민수", "Minsu Kim"),
    ),
    "Latin": (
        ("María José García Márquez", "Maria Garcia"), ("Juan Carlos Pérez-López", "Juan Perez Lopez"),
        ("José Luis de la Cruz", "Jose de la Cruz"), ("Sisa Quispe Mamani", "Siza Kispe Mamani"),
        ("Atawallpa Yupanki", "Atahualpa Yupanqui"), ("K'inich Tzoc", "Kinich Tzok"), ("O’Neill Brian", "Brian ONeill"),
        ("Nguyễn Văn Đức", "Nguyen Van Duc"), ("Phạm Ngọc Ánh", "Ngoc Anh Pham"), ("Đặng Thùy Trâm", "Dang Thuy Tram"),
        ("Ayşe Yılmaz", "Ayse Yilmaz"), ("Łukasz Wałęsa", "Lukasz Walesa"), ("Mohammed Al-Sayed", "Muhamad Elsayed"),
    ),
    "others": (
        ("გიორგი მელიქიშვილი", "Giorgi Melikishvili"), ("Արմեն Գրիգորյան", "Armen Grigoryan"), ("ፍቅርተ", "Fikirte"),
    ),
}  # fmt: skip
# Burmese is not among them: its spelling in Latin letters is too far from how anybody writes it (အောင်ကျော် is Aung Kyaw).
EVERYBODY = [pair for pairs in SCRIPTS.values() for pair in pairs]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """Each of them registered as in the first writing, with the number of their line as the last digits of the A-number."""
    laptop = Laptop(tmp_path_factory.mktemp("scripts") / "laptop")
    write(laptop, *(NewPerson(PersonName(given=one), a_number=f"2000001{at:02}") for at, (one, _) in enumerate(EVERYBODY)))
    yield laptop
    laptop.store.close()


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_other_writing_of_a_name_is_noticed(office: Laptop, script: str) -> None:
    missed = []
    for pair in SCRIPTS[script]:
        rows = office.ask(LikelyDuplicates(PersonName(given=pair[1])))
        if f"1{EVERYBODY.index(pair):02}" not in [row.a_number_end for row in rows]:
            missed.append(pair)
    assert missed == []


@pytest.mark.parametrize(
    ("typed", "there"),
    [
        ("xiaoming wang", "王小明"), ("wang xiao", "王小明"), ("王小", "王小明"), ("ouyang", "欧阳文静"), ("minsu", "김민수"),
        ("mohammad rahimi", "محمد رحیمی"), ("محمد رحيمي", "محمد رحیمی"), ("fatima hussein", "فاطمة حسين"),
        ("shevchenko", "Олександр Шевченко"), ("duc nguyen", "Nguyễn Văn Đức"), ("oneill", "O’Neill Brian"),
        ("kinich", "K'inich Tzoc"), ("selam", "ሰላም ተስፋዬ"), ("sharma", "राम शर्मा"), ("walesa", "Łukasz Wałęsa"),
        ("gurpreet", "ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ"), ("quispe siza", "Sisa Quispe Mamani"),
    ],
)  # fmt: skip
def test_a_name_is_found_from_a_latin_keyboard_and_from_its_own(office: Laptop, typed: str, there: str) -> None:
    wanted = f"1{[one for one, _ in EVERYBODY].index(there):02}"
    assert wanted in [row.a_number_end for row in office.ask(People(DAY, text=typed)).rows]


def test_who_is_somebody_else_is_not_found_by_a_sound(office: Laptop) -> None:
    for typed in ("zzqy", "zz", "xq", "Bartholomew Featherstone", "mohammad shevchenko"):
        assert office.ask(People(DAY, text=typed)).rows == (), typed


def test_names_of_different_people_are_seldom_alike() -> None:
    ear = Ear()
    strangers = [(one, other) for (one, _), (_, other) in combinations(EVERYBODY, 2)]
    alarms = [pair for pair in strangers if ear.names_alike(*pair) >= ALIKE]
    namesakes = {"محمد رحیمی", "محمد رحيمي", "ሐና ገብረ መድህን", "ሃና ገብረመድኅን", "张伟", "張偉"}  # the same name twice in the table
    alarms = [pair for pair in alarms if not namesakes & set(pair)]
    assert len(alarms) <= 0.002 * len(strangers), alarms


def test_the_words_of_a_name_are_put_apart_only_where_its_script_does_not() -> None:
    assert name_apart("王小明").split() == ["王", "小明"]
    assert name_apart("欧阳文静").split() == ["欧阳", "文静"]
    assert name_apart("김민수 Minsu").split() == ["김", "민수", "Minsu"]
    assert name_apart("عبد الرحمن") == "عبدالرحمن"
    for name in ("王", "Marisela Tzoc", "Nguyễn Văn Đức", "محمد", "ሰላም"):
        assert name_apart(name).split() == name.split()

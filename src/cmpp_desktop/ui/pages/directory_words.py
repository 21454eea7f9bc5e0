"""The directory in words: hours, costs and telephones on a line, and all that is known of a service or an organisation. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time

from babel.dates import get_day_names

from cmpp_desktop.domain.directory import OrganizationRow, OrganizationView, ServiceRow, ServiceView
from cmpp_desktop.domain.hsds import HsdsAddress, HsdsContact, HsdsCost, HsdsLocationFields, HsdsPhone, HsdsSchedule
from cmpp_desktop.ui.widgets import RowBadge, isolate
from cmpp_desktop.ui.widgets.streams import StreamRow
from cmpp_desktop.words import Words

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
OLD = 365  # days after which what a publisher checked should be asked about again
OPEN = ("active", "")


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is known, on one or several lines."""

    label: str
    lines: tuple[str, ...]


def service_facts(view: ServiceView, words: Words, today: date) -> tuple[Fact, ...]:
    """What the directory knows of a service, in the order in which somebody asks for it."""
    fields, owner = view.service.fields, view.organization
    places = [one.fields for one in view.locations]
    phones = [*fields.phones, *(phone for place in places for phone in place.phones)]
    phones = phones or (list(owner.fields.phones) if owner is not None else [])
    spoken = dict.fromkeys([*fields.languages, *(code for place in places for code in place.languages)])
    hours = fields.schedules or [one for place in places for one in place.schedules]
    web = [fields.url, fields.email] if fields.url or fields.email else []
    if not web and owner is not None:
        web = [owner.fields.website, owner.fields.email]
    found = (
        Fact(words("What it offers"), _texts(fields.description)),
        Fact(words("Who can come"), _texts(fields.eligibility_description, ages(fields.minimum_age, fields.maximum_age, words))),
        Fact(words("Languages"), _texts(", ".join(map(words.language_name, spoken)), fields.interpretation_services)),
        Fact(words("Telephone"), _each(phone_line(one) for one in phones)),
        Fact(words("Where"), tuple(line for place in places for line in place_lines(place, words))),
        Fact(words("Area served"), _each(fields.service_areas)),
        Fact(words("Opening hours"), _each(hours_line(one, words) for one in hours)),
        Fact(words("What it costs"), _each((*(cost_line(one, words, today) for one in fields.costs), fields.fees_description))),
        Fact(words("How to apply"), _texts(fields.application_process)),
        Fact(words("Bring along"), _each(fields.required_documents)),
        Fact(words("Waiting time"), _texts(fields.wait_time)),
        Fact(words("Ask for"), _each(contact_line(one) for one in fields.contacts)),
        Fact(words("On the web"), _each(map(isolate, web))),
        Fact(words("Kinds of service"), _texts(", ".join(fields.taxonomy_terms))),
        Fact(words("How old this is"), _ages_of(view, words, today)),
    )
    return tuple(fact for fact in found if fact.lines)


def organization_facts(view: OrganizationView, words: Words) -> tuple[Fact, ...]:
    """The same of an organisation."""
    fields = view.organization.fields
    offered = [name for _, name, status in view.services if status in OPEN]
    places = (line for one in view.locations for line in place_lines(one.fields, words))
    source = fields.source or words("Directory")
    found = (
        Fact(words("Also called"), _texts(fields.alternate_name)),
        Fact(words("What it offers"), _texts(fields.description)),
        Fact(words("Services"), _each(offered)),
        Fact(words("Telephone"), _each(phone_line(one) for one in fields.phones)),
        Fact(words("Where"), tuple(dict.fromkeys(places))),
        Fact(words("On the web"), _each(map(isolate, (fields.website, fields.email)))),
        Fact(words("How old this is"), _brought(fields.read_on, source, words)),
    )
    return tuple(fact for fact in found if fact.lines)


def _ages_of(view: ServiceView, words: Words, today: date) -> tuple[str, ...]:
    fields = view.service.fields
    said = []
    if fields.assured_on is not None:
        said.append(words("Checked by the publisher: {day}", day=words.long_date(fields.assured_on)))
    if fields.updated_on is not None:
        said.append(words("Last written by the publisher: {day}", day=words.long_date(fields.updated_on)))
    return (*said, *_brought(fields.read_on, fields.source or words("Directory"), words))


def _brought(read_on: date | None, source: str, words: Words) -> tuple[str, ...]:
    said = words("From: {source}", source=isolate(source))
    return (said, words("Brought in: {what}", what=words.long_date(read_on))) if read_on is not None else (said,)


def warning(view: ServiceView, words: Words, today: date) -> tuple[str, str]:
    """What somebody should know before they send a person there: title and text; ("", "") for nothing."""
    fields = view.service.fields
    if fields.status not in OPEN:
        return words("Closed, or no longer in the directory"), words("Nobody should be sent here without a call first.")
    if fields.alert:
        return words("Notice of the publisher"), fields.alert
    checked = max((day for day in (fields.assured_on, fields.updated_on) if day is not None), default=None)
    if checked is not None and (today - checked).days > OLD:
        return (
            words("Checked more than a year ago"),
            words("Call before you send somebody: hours and rules may have changed."),
        )
    return "", ""


# --- single parts -----------------------------------------------------------------------------------------------------------


def hours_line(hours: HsdsSchedule, words: Words) -> str:
    """ "Thu, Fri 10:00 AM–6:00 PM, closed on public holidays"."""
    days = ", ".join(day_name(day, words) for day in hours.days)
    clock = "–".join(_clock(text, words) for text in (hours.opens_at, hours.closes_at) if text)
    shut = words("closed") if hours.closed else ""
    parts = [" ".join(part for part in (days, clock, shut) if part), hours.description, hours.notes]
    return ". ".join(part.rstrip(".") for part in parts if part)


def day_name(day: str, words: Words) -> str:
    """ "Thu" of TH; "first Mon of the month" of 1MO, "last Fri of the month" of -1FR."""
    name = str(get_day_names("abbreviated", locale=words.language)[DAYS.index(day[-2:])])
    number = day[:-2].lstrip("+")
    if not number:
        return name
    if number == "-1":
        return words("last {day} of the month", day=name)
    return words("{day} number {n} of the month", day=name, n=number)


def _clock(text: str, words: Words) -> str:
    try:
        return words.time(time.fromisoformat(text))
    except ValueError:
        return text


def cost_line(cost: HsdsCost, words: Words, today: date) -> str:
    """ "Under 18: 35 GBP per session (until 31 Dec 2022: ask what it is now)"."""
    amount = " ".join(part for part in (cost.amount, cost.currency, cost.amount_description) if part)
    said = ": ".join(part for part in (cost.option, amount) if part)
    try:
        ended = date.fromisoformat(cost.valid_to)
    except ValueError:
        return said
    if ended >= today:
        return said
    return words("{cost} (until {day}: ask what it is now)", cost=said, day=words.short_date(ended, today))


def ages(least: int | None, most: int | None, words: Words) -> str:
    if least and most and most < 100:
        return words("From {least} to {most} years old", least=least, most=most)
    if least:
        return words("From {least} years old", least=least)
    return words("Up to {most} years old", most=most) if most and most < 100 else ""


def phone_line(phone: HsdsPhone) -> str:
    number = isolate(f"{phone.number} x{phone.extension}" if phone.extension else phone.number)
    return ", ".join(part for part in (number, phone.type if phone.type != "voice" else "", phone.description) if part)


def contact_line(contact: HsdsContact) -> str:
    said = dict.fromkeys((contact.name, contact.title, contact.department, isolate(contact.email)))
    return ", ".join(part for part in (*said, *map(phone_line, contact.phones)) if part)


def place_lines(place: HsdsLocationFields, words: Words) -> tuple[str, ...]:
    addresses = [isolate(address_line(one)) for one in place.addresses]
    first = ", ".join(part for part in (place.name, *addresses[:1]) if part)
    ease = words("Accessible: {text}", text="; ".join(place.accessibility)) if place.accessibility else ""
    return tuple(part for part in (first, *addresses[1:], place.transportation, ease) if part)


def address_line(address: HsdsAddress) -> str:
    town = f"{address.city}, {address.state_province} {address.postal_code}".strip(", ")
    return ", ".join(part for part in (address.address_1, address.address_2, town) if part)


def _texts(*texts: str) -> tuple[str, ...]:
    """Paragraphs as their lines, without empty ones."""
    return tuple(line.strip() for text in texts for line in text.splitlines() if line.strip())


def _each(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for line in lines if line))


# --- rows -------------------------------------------------------------------------------------------------------------------


def service_row(found: ServiceRow, words: Words) -> StreamRow:
    """A service in the list: what it is called, who gives it, where, in which languages."""
    spoken = ", ".join(map(words.language_name, found.languages[:4]))
    where = " · ".join(part for part in (isolate(found.place), spoken) if part)
    closed = found.status not in OPEN
    return StreamRow(
        id=("hsds_service", found.service_id), title=found.name, what=found.organization, icon="hand-heart",
        details=(where,) if where else (), badge=RowBadge(words("Closed"), plain=True) if closed else None, muted=closed,
    )  # fmt: skip


def organization_row(found: OrganizationRow, words: Words) -> StreamRow:
    offers = words.plural("{n} service", "{n} services", found.services) if found.services else words("No services listed")
    return StreamRow(
        id=("hsds_organization", found.organization_id), title=found.name, what=words("Organisation"), icon="building-2",
        details=(offers,),
    )  # fmt: skip


def short_list(services: Sequence[ServiceRow], organizations: Sequence[OrganizationRow], words: Words) -> list[StreamRow]:
    """Services first, then organisations, as a chooser shows them."""
    return [*(service_row(one, words) for one in services), *(organization_row(one, words) for one in organizations)]

"""The made-up offices, facilities and people of the embedded mode."""

from typing import NamedTuple

from accounts.models import Role
from accounts.policy import normalise_username
from maintenance.text.zones import TimeZone


class Place(NamedTuple):
    """A facility with two people: the first one's user name is its code."""

    code: str
    name: str
    regency: str
    office: str
    first_person: str
    second_person: str
    second_username: str

    @property
    def people(self) -> dict[str, str]:
        """User name to full name."""
        return {normalise_username(self.code): self.first_person, self.second_username: self.second_person}


class Employee(NamedTuple):
    """A member of BPJS's staff; head office has no branch office."""

    username: str
    full_name: str
    role: Role
    office: str | None


BARAT, TIMUR = "Kedeputian Wilayah Contoh Barat", "Kedeputian Wilayah Contoh Timur"
MELUR, LONTAR, SEROJA = "Kantor Cabang Melur", "Kantor Cabang Lontar", "Kantor Cabang Seroja"
# Name to region and time zone.
OFFICES = {
    MELUR: (BARAT, TimeZone.WIB),
    LONTAR: (TIMUR, TimeZone.WITA),
    SEROJA: (TIMUR, TimeZone.WIT),
}

FACILITIES = [
    Place("10182001", "Puskesmas Kedawung", "Kab. Melur", MELUR, "Siti Aminah", "Budi Santoso", "pkm_kedawung"),
    Place("10180002", "Klinik TNI Wira", "Kab. Melur", MELUR, "Joko Prasetyo", "Endang Rahayu", "klinik_wira"),
    Place("1018U003", "dr. Maya Kusuma", "Kab. Melur", MELUR, "Maya Kusuma", "Yanti Lestari", "klinik_maya"),
    Place("1018S001", "Klinik Utama Sentosa", "Kota Melur", MELUR, "Hendra Jaya", "Lilis Sari", "klinik_sentosa"),
    Place("1018A004", "Apotek Waras", "Kota Melur", MELUR, "Dian Permata", "Rudi Hartono", "apotek_waras"),
    Place("0114B026", "Klinik Pratama Melati", "Kota Lontar", LONTAR, "Rina Daeng", "Andi Idris", "klinik_melati"),
    Place("01142002", "Puskesmas Tanjung", "Kab. Lontar", LONTAR, "Fatimah Nur", "Ilham Yusuf", "pkm_tanjung"),
    Place("0114G005", "drg. Made Wirawan", "Kota Lontar", LONTAR, "Made Wirawan", "Ketut Sari", "klinik_made"),
    Place("0114R001", "RS D Pratama Lontar", "Kab. Lontar", LONTAR, "Nurul Huda", "Bayu Saputra", "rs_lontar"),
    Place("21034001", "Puskesmas Teluk", "Kab. Seroja", SEROJA, "Yohana Wanma", "Markus Mote", "pkm_teluk"),
    Place("2103B007", "Klinik Pratama Kasuari", "Kab. Seroja", SEROJA, "Ester Yoku", "Petrus Aru", "klinik_kasuari"),
    Place("2103U011", "dr. Samuel Kambu", "Kab. Seroja", SEROJA, "Samuel Kambu", "Debora Wai", "klinik_samuel"),
]

STAFF = [
    Employee("petugas", "Dewi Lestari", Role.BRANCH_STAFF, MELUR),
    Employee("kepala", "Hasan Basri", Role.HEAD_OFFICE, None),
]

USERNAMES = [*(name for place in FACILITIES for name in place.people), *(person.username for person in STAFF)]

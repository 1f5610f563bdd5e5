"""Countries as texts name them: codes, names in many languages, calling codes."""

import re
import unicodedata
from functools import cache, lru_cache
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import phonenumbers

_ALPHA_3 = """
    ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM AOAGO AQATA ARARG ASASM ATAUT AUAUS AWABW AXALA AZAZE BABIH BBBRB BDBGD
    BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN BOBOL BQBES BRBRA BSBHS BTBTN BVBVT BWBWA BYBLR BZBLZ CACAN
    CCCCK CDCOD CFCAF CGCOG CHCHE CICIV CKCOK CLCHL CMCMR CNCHN COCOL CRCRI CUCUB CVCPV CWCUW CXCXR CYCYP CZCZE DEDEU
    DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY EHESH ERERI ESESP ETETH FIFIN FJFJI FKFLK FMFSM FOFRO FRFRA GAGAB
    GBGBR GDGRD GEGEO GFGUF GGGGY GHGHA GIGIB GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GSSGS GTGTM GUGUM GWGNB GYGUY HKHKG
    HMHMD HNHND HRHRV HTHTI HUHUN IDIDN IEIRL ILISR IMIMN ININD IOIOT IQIRQ IRIRN ISISL ITITA JEJEY JMJAM JOJOR JPJPN
    KEKEN KGKGZ KHKHM KIKIR KMCOM KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO LBLBN LCLCA LILIE LKLKA LRLBR LSLSO LTLTU
    LULUX LVLVA LYLBY MAMAR MCMCO MDMDA MEMNE MFMAF MGMDG MHMHL MKMKD MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ MRMRT MSMSR
    MTMLT MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER NFNFK NGNGA NINIC NLNLD NONOR NPNPL NRNRU NUNIU NZNZL
    OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM PNPCN PRPRI PSPSE PTPRT PWPLW PYPRY QAQAT REREU ROROU RSSRB
    RURUS RWRWA SASAU SBSLB SCSYC SDSDN SESWE SGSGP SHSHN SISVN SJSJM SKSVK SLSLE SMSMR SNSEN SOSOM SRSUR SSSSD STSTP
    SVSLV SXSXM SYSYR SZSWZ TCTCA TDTCD TFATF TGTGO THTHA TJTJK TKTKL TLTLS TMTKM TNTUN TOTON TRTUR TTTTO TVTUV TWTWN
    TZTZA UAUKR UGUGA UMUMI USUSA UYURY UZUZB VAVAT VCVCT VEVEN VGVGB VIVIR VNVNM VUVUT WFWLF WSWSM XKXKX YEYEM YTMYT
    ZAZAF ZMZMB ZWZWE
"""
"""ISO 3166-1, alpha-2 and alpha-3 in one word; XK and XKX are the codes in use for Kosovo."""

UNKNOWN = "ZZ"
"""CLDR's code for a country that is not known: what a row's region is where its cell names none that is understood."""

_OTHER_NAMES = {
    "US": "United States of America; US of A; America; EEUU; EE UU; Etats-Unis; Estados Unidos de América; 米国; "
    "アメリカ; アメリカ合衆国; अमेरिका; আমেরিকা; মার্কিন যুক্তরাষ্ট্র; امریکہ; أمريكا; Америка; ABD; Amerika; Mỹ; "
    "Spojené státy; "
    "Vereinigte Staaten; États-Unis d'Amérique; Stati Uniti d'America; Verenigde Staten van Amerika",
    "GB": "UK; Great Britain; United Kingdom of Great Britain and Northern Ireland; Britain; England; "
    "N. Ireland; Scotland; Wales; Northern Ireland; Grossbritannien; Grande-Bretagne; "
    "Gran Bretaña; Gran Bretagna; Grã-Bretanha; Groot-Brittannië; Wielka Brytania; Inglaterra; Angleterre; Inghilterra",
    "DE": "BRD; Federal Republic of Germany; Bundesrepublik Deutschland; Almanya; Німеччина; जर्मनी; جرمنی; জার্মানি",
    "NL": "Holland; The Netherlands; Holanda; Hollande; Olanda",
    "AE": "UAE; Emirates; VAE; Emirati Arabi; Emiratos Árabes",
    "CZ": "Czechia; Česko; Tschechien; Tchéquie; Czechy; Chequia; Cechia; Tsjechië",
    "CN": "PR China; People's Republic of China; VR China; PRC; Mainland China",
    "KR": "South Korea; Republic of Korea; Korea, Republic of; Südkorea; Corea del Sur; Corée du Sud",
    "KP": "Democratic People's Republic of Korea; North Korea; Nordkorea; Corea del Norte; Corée du Nord",
    "RU": "Russian Federation; Russische Föderation; Российская Федерация",
    "CI": "Ivory Coast; Cote d'Ivoire; Elfenbeinküste; Costa de Marfil",
    "TR": "Türkiye; Turkiye",
    "IN": "Bharat; हिंदुस्तान; ভারত; بھارت; Hindistan",
    "BD": "বাংলাদেশ; बांग्लादेश; بنگلہ دیش",
    "PK": "پاکستان; पाकिस्तान; পাকিস্তান",
    "NP": "नेपाल; নেপাল; نیپال",
    "SA": "KSA; سعودی عرب; सऊदी अरब; সৌদি আরব",
    "SK": "Slovensko; Slowakei; Slovaquie; Eslovaquia; Slovacchia; Словаччина",
    "PL": "Польща; Polonya; Polsko",
    "FR": "Fransa; Франція; Francie; फ्रांस; فرانس; ফ্রান্স",
    "UA": "Україна; Ukrayna; Ukrajina",
    "MM": "Burma; Birma",
    "SZ": "Swaziland; Eswatini",
    "MK": "Macedonia; North Macedonia; Nordmazedonien",
    "VA": "Vatican; Vatican City; Holy See",
    "VN": "Viet Nam",
    "IE": "Republic of Ireland; Éire",
    "CD": "DR Congo; Dem. Rep. Congo; DRC; Democratic Republic of the Congo",
    "CG": "Republic of the Congo; Congo-Brazzaville",
    "BO": "Plurinational State of Bolivia",
    "VE": "Bolivarian Republic of Venezuela",
    "IR": "Islamic Republic of Iran",
    "TZ": "United Republic of Tanzania",
    "MD": "Republic of Moldova; Moldova",
    "SY": "Syrian Arab Republic",
    "LA": "Lao; Lao People's Democratic Republic",
    "BN": "Brunei Darussalam",
    "CV": "Cabo Verde",
    "TL": "East Timor",
    "PS": "Palestine; State of Palestine; Palestinian Territories",
    "TW": "Taiwan, Province of China; Republic of China",
    "HK": "Hong Kong; Hongkong; Hong Kong SAR; Hong Kong, China",
    "XK": "Kosovo; Kosova",
    "LY": "Libyan Arab Jamahiriya",
    "MO": "Macau",
    "BQ": "Caribbean Netherlands",
    "SX": "Sint Maarten",
    "AT": "Oesterreich",
    "BA": "Bosnia; Bosnien",
    "GR": "Hellas",
}
_OTHER_CODES = """
    A:AT B:BE D:DE E:ES F:FR H:HU I:IT J:JP L:LU M:MT N:NO P:PT S:SE CDN:CA EL:GR FL:LI KSA:SA RA:AR RCH:CL ROK:KR
    SLO:SI XI:GB BUL:BG CRO:HR DEN:DK ENG:GB GER:DE GRE:GR LAT:LV NED:NL NIR:GB POR:PT RSA:ZA SCO:GB SUI:CH WAL:GB
"""
"""Vehicle, VAT and sports codes in use for countries, as ``written:alpha-2``; ISO 3166 goes first."""

_LEFT_OUT = re.compile(r"\b(?:the|and|st)\b")
_NO_SIGN = re.compile(r"(?:[^\w\n]|_)+")
_CALLING_CODE = re.compile(r"(?:\+|00)\s?([1-9]\d{0,2})|([1-9]\d?)")
_FLOAT_TAIL = re.compile(r"[.,]0$")
_LONGEST_CODE = 3
_BETWEEN_NAMES = re.compile(r"[/()|,;–—]|\s-\s|\s(?=\+)")
_CODE_AMONG_NAMES = re.compile(r"\+\s?([1-9]\d{0,2})(?!\d)")
_NOT_TOLD = re.compile(
    r"[\s.?*/_…–—-]*|#?n/a|none|null|nil|nan|blank|empty|unknown|not (?:available|applicable|provided|specified|set)"
    r"|unbekannt|keine(?: angabe)?|inconnue?|desconocid[oa]|sconosciut[oa]|onbekend",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def region_of(text: str) -> str | None:
    """Return the country that ``text`` names, ISO 3166 alpha-2; None if it names none.

    Understands alpha-2 and alpha-3 codes, names in some fifty languages, common short forms, vehicle codes, and calling
    codes (+49, 0049, 49). A calling code shared by several countries gives the one that the numbering plan puts first:
    a number completed with it is the same for all of them. Three bare digits are none: 380 is Ukraine to a telephone
    and Italy to ISO 3166. Of several names (``Deutschland / Germany``, ``Berlin, Germany``) those that are understood
    must agree, if only in the calling code that stands beside them (``USA/Canada (+1)``).
    """
    if tells_none(text):
        return None
    if whole := _named(text):
        return whole
    first, comma, rest = text.partition(",")
    if comma and (turned := _named(f"{rest} {first}")):
        return turned
    parts = {region for part in _BETWEEN_NAMES.split(text) if (region := _of_name(part))}
    if len(parts) > 1 and (code := _CODE_AMONG_NAMES.search(text)):
        return (
            _calling_codes().get(int(code[1])) if {calling_code_of(region) for region in parts} == {code[1]} else None
        )
    return parts.pop() if len(parts) == 1 else None


def region_of_calling_code(text: str) -> str | None:
    """Return the country of a cell in a column of calling codes (``44``, ``+44``, ``0044``, ``44.0``), else None."""
    digits = _FLOAT_TAIL.sub("", text.strip()).lstrip("+( ").removeprefix("00").rstrip(") ")
    if not digits.isdecimal():
        return None
    return _calling_codes().get(int(digits)) if len(digits) <= _LONGEST_CODE else None


def region_of_number(e164: str) -> str | None:
    """Return the country of a number in E.164; None if its code belongs to none."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(e164))


def calling_code_of(region: str) -> str | None:
    """Return the digits of a country's calling code; None if it has no numbers of its own."""
    code = phonenumbers.country_code_for_region(region)
    return str(code) if code else None


def tells_none(text: str) -> bool:
    """Return True if a country's cell is blank or says that there is none: ``-``, ``n/a``, ``unknown``."""
    return _NOT_TOLD.fullmatch(text.strip(" ()<>")) is not None


def _named(text: str) -> str | None:
    if code := _CALLING_CODE.fullmatch(text.strip()):
        return _calling_codes().get(int(code[1] or code[2]))
    return _of_name(text)


def _of_name(text: str) -> str | None:
    name = _folded(text.replace("\n", " "))
    return _codes().get(name) or _names().get(name)


@cache
def _codes() -> dict[str, str]:
    """Return the countries by their codes alone: most lists use these, and need no names to be read."""
    codes = {written.casefold(): region for written, region in (code.split(":") for code in _OTHER_CODES.split())}
    for code in _ALPHA_3.split():
        codes |= {code[:2].casefold(): code[:2], code[2:].casefold(): code[:2]}
    return codes


@cache
def _names() -> dict[str, str]:
    named = [
        (name, region)
        for region, by_language in _names_by_language().items()
        for name in by_language.values()
        if not name.startswith("*")
    ]
    named += [(name, region) for region, others in _OTHER_NAMES.items() for name in others.split(";")]
    # At once: one by one the 4,000 of them take several times as long.
    together = _folded("\n".join(name for name, _ in named))
    return dict(zip(together.split("\n"), (region for _, region in named), strict=True))


def _names_by_language() -> dict[str, dict[str, str]]:
    """Return the phone library's own list of country names: region to language to name.

    The module is a table and is loaded by itself: importing its package loads half a second of geography.
    """
    place = Path(phonenumbers.__file__).parent / "geodata" / "locale.py"
    loader = SourceFileLoader("phonenumbers.geodata.locale", str(place))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None  # noqa: S101 - a loader that is given makes a spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    names: dict[str, dict[str, str]] = module.LOCALE_DATA
    return names


@cache
def _calling_codes() -> dict[int, str]:
    return {
        code: regions[0] for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items() if regions[0].isalpha()
    }


def _folded(name: str) -> str:
    """Return a name without case, accents, punctuation, spaces and words that lists write in different ways.

    Of several names, each on a line, the same on the same lines.
    """
    apart = unicodedata.normalize("NFKD", name).casefold().replace("&", " and ")
    words = _LEFT_OUT.sub(lambda word: "saint" if word[0] == "st" else "", apart)
    return _NO_SIGN.sub("", words)

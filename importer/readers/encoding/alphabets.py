"""How often languages use the letters beyond a to z: the logarithm of each letter's share among them.

The letters stand in the order of their frequency in names, and their shares fall with the rank (Zipf's law): enough to
tell alphabets apart, and nothing to train.
"""

from collections.abc import Mapping
from math import log

UNKNOWN = -9.0
"""Of a letter that a language does not have."""
_CAPITAL = -1.0
_MIXED = -2.0
"""A list in several languages is less likely than one in one, and pays less for each letter."""

_LATIN = {
    "German": "üöäßéè",
    "French": "éèçêôâîïëàûùœüÿæ",
    "Spanish": "éíáóñúü",
    "Portuguese": "ãéíáçóôêõâúàü",
    "Italian": "òàèìùéî",
    "Catalan": "àèíóéçòúïü",
    "Swedish and Finnish": "öäåéüè",
    "Danish and Norwegian": "øåæéöüóèôä",
    "Icelandic": "óáðíöúéæþý",
    "Dutch": "ëéïèöüêáó",
    "Polish": "łńóśążęćź",
    "Czech": "áíéřčšěžůýúňťóď",
    "Slovak": "áíéčšýžúňťôóľďäĺŕ",
    "Hungarian": "áéóöíőüúű",
    "Romanian": "ăâîșțşţ",
    "Croatian and Slovene": "ćčšžđ",
    "Turkish": "ışüçöğâîû",
    "Lithuanian": "ėšžūųčįąę",
    "Latvian": "āīšņēļūžčķģ",
    "Estonian": "äõüöšž",
    "Vietnamese": "ễầăâđôơưàảãáạ",
}
_MIXES = (
    "éüöáíóäñçøèåßãæêúôâëàîïõòìùûýšžðþÿœ",
    "áéíóöüčšžäłćřńőěýśąęůżúđűňăâîťźďçëôßșțşţľ",
)
_OTHERS = {
    "CYRILLIC": (
        "оаеинвкрлстмдуьпйгябычзшхюжцщфэёъ",
        "оанеикврлсітмдуьпйгябчзшхюжцєїщфґ",
        "аоинервтлсдкмпгбязъуйчхцжшющфь",
        "аиоервнсјклтдмупћбгзљшчцжњђхфџ",
        "аенікрыослвцтудмьпяйбгчзшўхюжэфё",
    ),
    "GREEK": ("αιοςσνρετουλπκμηδγίάόύέήώθχφβξζψϊϋΐΰ",),
    "HEBREW": ("יורלהמאבנתשדכעחקפגסטזםןצךףץ",),
    "ARABIC": (
        "ايرلمنبحدسعفهتوقشخةأجكطصىغزءذضثإآظؤئ",
        "ارينمدهبتسلکشحعفقگپچخزژصضطظغوثذءآئ",
    ),
    "THAI": ("านรก่อเงมย้ลวดทิีสัตะปบค์หแจพชขุูใไ็ืโธผถซณภศำญึฟฐษฉฮฬฤๆ๊๋ฯฑฎฏฒฌฆ",),
}


def _shares(letters: str, start: float = 0.0) -> Mapping[str, float]:
    """Each letter's logarithm, and that of its capital."""
    letters = "".join(dict.fromkeys(letters))
    weights = [1 / (rank + 1.5) for rank in range(len(letters))]
    whole = sum(weights)
    shares: dict[str, float] = {"": start}
    for letter, weight in zip(letters, weights, strict=True):
        capital = "İ" if letter == "ı" else letter.upper()
        shares[letter] = log(weight / whole)
        if len(capital) == 1 and capital != letter:
            shares[capital] = log(weight / whole) + _CAPITAL
    return shares


_ALPHABETS: dict[str, tuple[Mapping[str, float], ...]] = {
    "LATIN": (*map(_shares, _LATIN.values()), *(_shares(mix, _MIXED) for mix in _MIXES)),
    **{script: tuple(map(_shares, languages)) for script, languages in _OTHERS.items()},
}
SCRIPTS = frozenset(_ALPHABETS)


def likelihood(letters: Mapping[str, int], script: str) -> float:
    """The logarithm of how likely the letters of a script (counted) are in the language that they fit best."""
    return max(
        shares[""] + sum(count * shares.get(letter, UNKNOWN) for letter, count in letters.items())
        for shares in _ALPHABETS[script]
    )

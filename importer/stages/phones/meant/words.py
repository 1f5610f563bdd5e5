"""Words beside a number, and what they say of it."""

_EXTENSION = (
    *("x", "xt", "ext", "extn", "extension", "extensión", "ramal", "anexo", "interno", "int", "interne", "poste"),
    *("durchwahl", "dw", "apparat", "app", "nebenstelle", "nst", "nbst", "klappe", "kl", "toestel", "tst", "wew"),
    *(
        "wewn",
        "wewnętrzny",
        "dahili",
        "dah",
        "доб",
        "вн",
        "внутр",
        "local",
        "loc",
        "option",
        "opt",
        "press",
        "anknytning",
    ),
    *("ankn", "linka", "klapka", "内線", "分机", "转", "內線", "分機", "內线", "내선", "ต่อ", "تحويلة", "فرعي", "שלוחה"),
    *("إضافي", "alanumero", "alanro", "mellék", "mell", "linje", "lokal", "lok", "pswt", "pesawat", "εσωτ", "máy"),
)
EXTENSION = frozenset(_EXTENSION)
"""Before the digits of an extension."""

FAX = frozenset(
    (
        *("f", "fax", "faks", "fx", "telefax", "telefaks", "télécopie", "telecopie", "télécopieur", "telecopiadora"),
        *(
            "efax",
            "pcfax",
            "faxnummer",
            "faxnr",
            "faxno",
            "telefaxnummer",
            "факс",
            "传真",
            "傳真",
            "팩스",
            "ファックス",
            "ファクス",
        ),
        *("φαξ", "فاكس", "פקס", "แฟกซ์", "pager", "beeper", "ファクシミリ"),
    )
)
"""Beside a number that takes no calls."""

_NUMBER = ("no", "nr", "num", "number", "nummer", "numero", "número", "numéro", "n", "code", "cod", "kod")
NAMING_NUMBERS = frozenset(_NUMBER)
"""Words for a number of any kind; what stands before them tells which."""

OTHER_NUMBERS = frozenset(
    (
        *(
            "iban",
            "vat",
            "tax",
            "ssn",
            "ein",
            "itin",
            "gst",
            "gstin",
            "aadhaar",
            "aadhar",
            "passport",
            "invoice",
            "inv",
        ),
        *("order", "ord", "account", "acct", "policy", "sku", "ticket", "case", "zip", "id", "ref", "reference"),
        *("steuer", "ust", "ustid", "ustidnr", "steuernr", "steuernummer", "kd", "kdnr", "kunden", "kundennr", "plz"),
        *("kundennummer", "rechnung", "rechnungs", "rechnungsnr", "rechnungsnummer", "auftrag", "auftragsnr", "konto"),
        *(
            "bestellung",
            "bestellnr",
            "bestellnummer",
            "vertrag",
            "vertragsnr",
            "vertragsnummer",
            "mitgliedsnr",
            "ktonr",
        ),
        *(
            "mitgliedsnummer",
            "personalnr",
            "kontonr",
            "kontonummer",
            "blz",
            "postfach",
            "iva",
            "piva",
            "fiscale",
        ),
        *("fattura", "ordine", "nif", "cif", "dni", "pedido", "factura", "cuenta", "siret", "siren", "tva"),
        *("facture", "commande", "compte", "cpf", "cnpj", "rut", "cuit", "cuil", "curp", "rfc", "cédula", "cedula"),
        *(
            "nit",
            "ruc",
            "cep",
            "fatura",
            "bsn",
            "kvk",
            "btw",
            "factuur",
            "klantnr",
            "klantnummer",
            "orgnr",
            "cvr",
            "cpr",
        ),
        *(
            "kto",
            "stnr",
            "auftrags",
            "bestell",
            "vertrags",
            "mitglieds",
            "aktenzeichen",
            "hrb",
            "réf",
            "mrn",
            "tracking",
        ),
        *(
            "upc",
            "ean",
            "imei",
            "npi",
            "personnummer",
            "pesel",
            "nip",
            "regon",
            "faktura",
            "zamówienie",
            "ičo",
            "dič",
            "oib",
            "jmbg",
            "cnp",
            "cui",
        ),
        *("nik", "npwp", "ktp", "tckn", "vergi", "инн", "огрн", "снилс", "окпо", "заказ", "счёт", "счет", "паспорт"),
        *("身份证", "订单", "单号", "注文", "伝票", "주문", "사업자"),
    )
)
"""Before digits that are something else than a phone number."""

CUSTOMERS = frozenset(("client", "cliente", "customer", "kunde", "klient", "klant", "patient", "member", "mitglied"))
"""Before digits that are something else if a word for a number stands beside it: n° client."""

FORMER = frozenset(
    (
        *("old", "former", "formerly", "previous", "was", "bad", "dead", "wrong", "invalid", "disconnected", "not"),
        *(
            "alt",
            "alte",
            "früher",
            "falsch",
            "ungültig",
            "ancien",
            "ancienne",
            "viejo",
            "anterior",
            "antiguo",
            "vecchio",
        ),
        *("antigo", "velho", "oud", "oude", "stary", "gammal", "gammel", "vanha", "starý", "régi", "vechi", "eski"),
        *("старый", "旧", "以前", "예전", "lama"),
    )
)
"""Beside a number that another one has replaced."""

MONEY = frozenset(
    ("eur", "euro", "euros", "usd", "gbp", "chf", "inr", "idr", "brl", "rp", "rs", "dollars", "руб", "zł")
)
"""Beside an amount."""

CLOCK = frozenset(
    (
        *("after", "before", "until", "till", "til", "from", "at", "by", "past", "between", "around"),
        *("ab", "nach", "vor", "bis", "um", "gegen", "zwischen", "von", "na", "voor", "tot", "vanaf", "om"),
        *("après", "avant", "dès", "après-midi", "vers", "desde", "después", "antes", "hasta", "depois", "até", "às"),
        *("dopo", "prima", "fino", "dalle", "alle", "klo", "kl", "efter", "före", "etter", "po", "od", "do", "przed"),
        *("setelah", "sebelum", "jam", "после", "до", "с"),
    )
)
"""Before an hour."""

CALLS = frozenset(
    (
        *("t", "p", "m", "c", "tel", "tél", "telf", "tlf", "tfno", "ph", "phone", "phones", "telephone", "telefon"),
        *("telefono", "teléfono", "téléphone", "telefone", "telefoon", "puhelin", "puh", "тел", "телефон", "mob"),
        *(
            "mobile",
            "mobil",
            "mobiel",
            "móvil",
            "movil",
            "cel",
            "cell",
            "cellular",
            "celular",
            "cellulare",
            "gsm",
            "hp",
        ),
        *("portable", "handy", "mobiltelefon", "matkapuhelin", "моб", "whatsapp", "wa", "sms", "call", "voice"),
        *("landline", "switchboard", "手机", "电话", "電話", "携帯", "전화", "휴대폰"),
    )
)
"""Beside a number that takes calls."""

LABELS = CALLS | frozenset(
    (
        *(
            "h",
            "w",
            "o",
            "d",
            "b",
            "g",
            "a",
            "my",
            "number",
            "no",
            "nr",
            "num",
            "número",
            "numero",
            "numéro",
            "contact",
        ),
        *("home", "work", "office", "main", "direct", "business", "personal", "private", "privat", "privé", "büro"),
        *("buero", "bureau", "oficina", "ufficio", "trabajo", "trabalho", "lavoro", "casa", "domicile", "maison"),
        *("thuis", "werk", "dienstlich", "geschäftlich", "gesch", "zuhause", "hem", "arbete", "hjem", "arbejde", "dom"),
        *("praca", "ev", "iş", "rumah", "kantor", "自宅", "koti", "työ"),
    )
)
"""Words that only say what kind of number it is: nothing is lost without them."""

CONNECTING = frozenset(
    ("or", "and", "oder", "od", "und", "ou", "et", "o", "y", "e", "of", "en", "i", "og", "och", "и", "или")
)
"""Words between two numbers."""

PLACEHOLDERS = frozenset(
    (
        # no word at all is a placeholder, too: see the pattern in ``repairs``
        *("na", "#na", "#n/a", "none", "null", "nil", "nan", "nat", "unknown", "unkn", "x", "xx", "xxx", "xxxx"),
        *("tbd", "tba", "tbc", "nophone", "nonumber", "notavailable", "notprovided", "notgiven", "notapplicable"),
        *("missing", "empty", "no", "keine", "kein", "keinenummer", "keintelefon", "ka", "unbekannt", "fehlt"),
        *("entfällt", "nichtvorhanden", "leer", "aucun", "aucune", "inconnu", "inconnue", "néant", "nonrenseigné"),
        *("nc", "nd", "ninguno", "ninguna", "desconocido", "sintelefono", "sinteléfono", "notiene", "sinnumero"),
        *("sinnúmero", "nessuno", "nessuna", "sconosciuto", "mancante", "nenhum", "desconhecido", "semtelefone"),
        *("nãotem", "geen", "onbekend", "brak", "ingen", "ukendt", "okänd", "ukjent", "eitietoa", "yok"),
        *("bilinmiyor", "нет", "неизвестно", "なし", "不明", "无", "無", "没有", "未知", "없음"),
    )
)
"""Cells that say that there is no number, without spaces and punctuation."""

UNTOLD = frozenset(word for word in PLACEHOLDERS if len(word) > len("na")) | frozenset(
    (
        *("refused", "refuse", "refuses", "declined", "withheld", "secret", "nothing", "nomob", "nocalls"),
        *(
            "nomobile",
            "noanswer",
            "pending",
            "request",
            "hidden",
            "confidential",
            "unlisted",
            "later",
            "ask",
            "blocked",
        ),
        *("geheim", "nicht", "bekannt", "anfrage", "verweigert", "gesperrt", "folgt", "offen", "secreto"),
        *("privado", "privada", "privato", "riservato", "confidentiel", "liste", "rouge", "salainen"),
        *("puuttuu", "tiedossa", "hemligt", "hemlig", "saknas", "rahasia", "kosong", "tidak", "belum"),
        *("tajny", "zastrzeżony", "nieznany", "gizli", "não", "nao", "informa", "naoinforma", "informado"),
        *("секретный", "скрыт", "нету", "nemá", "neznámé", "nincs", "titkos", "mangler", "hemmelig", "nepoznat"),
        *("nema", "nedostupan", "tajné", "tajni", "niet", "bekend"),
    )
)
"""Words that stand where digits are not told."""

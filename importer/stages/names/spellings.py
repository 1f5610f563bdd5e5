"""Words in names: those that are written small, those with capitals inside, those that only look alike.

Tables of common knowledge, in small letters; ``casing`` has the rules that read them.
"""

# ruff: noqa: SIM905 - tables of words read better as text

PARTICLES = frozenset(
    """
    van von vom vander vd v.d. zu zum zur und der den het in ten ter te 't op de de' de’ del della dello delle degli
    di dei da das do dos du des la las los le y e i af av ap ferch wa bin ibn bint binti al ul ben of the a/l a/p s/o
    d/o фон ван дер де да ди дю ла ле оглы кызы
    """.split()
)
"""Words between names, and before family names, that most who bear them write small."""
UPPER_AT_START = frozenset("della dello delle degli di la le los las e y i in und of the al ben te op ul ла ле".split())
"""Particles that open a family name with a capital if no other follows: Di Caprio, La Rue, Al Rashid."""
ALSO_SMALL_BEFORE = frozenset({"la", "las", "los", "le", "l'"})
CAPITAL_BEFORE = {
    particle: frozenset(names.split())
    for particle, names in {
        "de": """
            niro luca rosa santis palma sica vito angelis laurentiis marco rossi simone filippo chirico crescenzo felice
            feo franco gregorio lorenzo mauro nicola paola paolo pasquale pietro stefano vincenzo bruyne smet boeck
            backer coninck cock decker keyser maeyer meyer pauw ridder roeck schepper vos winne witte
            """,
        "del": """
            piero vecchio monte giudice duca grosso noce bono buono prete corso turco priore sarto rey gaudio conte
            """,
        "da": "ponte re ros",
        "do": "van thi",
        "das": "gupta munshi",
        "dos": "passos",
        "du": "bois",
        "la": "fontaine rochefoucauld fayette boétie",
        "op": "de",
        "van": """
            allen alstyne arsdale brocklin buren camp cleave cleef cott damme devere dien doren dusen duyn dyke etten
            fleet halen hise hollen hook hoose horn hove meter natta ness nuys nostrand patten pelt sant
            sickle slyke susteren vleck wagner winkle wormer zandt zant
            """,
        "von": "teese",
        "al": "maktoum nahyan thani saud khalifa sabah nuaimi qasimi sharqi mualla",
    }.items()
}
"""Names before which a particle has a capital: De is Italian and Flemish there, Van American, Al "the house of"."""
CAPITAL_EVERYWHERE = frozenset({"la", "al"})
"""Particles of which that holds inside a family name too: de La Rochefoucauld, bin Rashid Al Maktoum."""
SMALL_IN_COMPOUNDS = frozenset("sur sous de du der la le les en".split())
SMALL_AT_THE_END = frozenset({"оглы", "кызы"})

MAC = frozenset(
    """
    macadam macalister macallister macalpine macandrew macara macarthur macaskill macavoy macbain macbrayne macbride
    maccabe maccaig maccall maccallum maccann maccarthy maccaskill macclellan macclure maccoll macconnell maccormack
    maccormick maccoy maccracken maccrimmon macculloch maceachen maceachern macelroy macewan macewen macgillivray
    macilroy macilwain macindoe macinerney macinnes macinnis macintosh macintyre macisaac maciver macivor mackellar
    mackendrick mackenna mackinlay mackinley mackinnon macmahon macmanus macmaster macmillen macmullen macmurray
    macmurrough macpartland macphail macphee macrae macritchie macrory
    """.split()
)
"""Names with a capital after Mac whose fourth letter does not tell (see ``MAC_BEFORE``)."""
MAC_BEFORE = "dfglnqstvw"
"""Letters before which Mac is Gaelic in nearly all names that are long enough."""
NO_MAC = frozenset("macfadyen macquarie maclin maclay maclaurin macnee macsween maclure mactan".split())
NO_MC = frozenset("mcebisi mchunu mcocoyi mcanyana mcineka mcambi".split())
"""Zulu and Xhosa names."""

_INNER_CAPITALS = """
    DeAngelis DeBakey DeBoer DeBusk DeCarlo DeChambeau DeCosta DeFazio DeForest DeFrancesco DeFreitas DeGeneres
    DeGrasse DeGroot DeHart DeHaven DeJesus DeJong DeLauro DeLay DeLeon DeLillo DeLong DeLorean DeLuca DeMarco DeMeo
    DeMille DeMint DeMott DePalma DePaul DePaulo DePasquale DeRosa DeRossi DeRozan DeSantis DeSilva DeSimone DeSoto
    DeSouza DeStefano DeVito DeVoe DeVore DeVos DeVries DeWalt DeWine DeWitt DeYoung DeMar DeMeco DeRon DeVante
    DeVonte DeVonta DiBenedetto DiBiase DiCaprio DiFranco DiGiacomo DiGiovanni DiLorenzo DiMaggio DiMartino DiNapoli
    DiNardo DiPaola DiPaolo DiPietro DiSalvo DiVincenzo DuBose DuVernay ElBaradei FitzGibbon FitzSimmons FitzSimons
    LaBelle LaBeouf LaBonte LaChance LaDuke LaFleur LaFontaine LaForge LaFrance LaGrange LaGuardia LaHood LaLonde
    LaMotta LaPaglia LaPierre LaPlante LaRocca LaRoche LaRose LaRouche LaRue LaRusso LaSalle LaVine LaDainian LaDonna
    LaKisha LaMelo LaRhonda LaTanya LaTasha LaTisha LaTonya LaToya LaVar LaVonne LaWanda LeBeau LeBlanc LeClair LeCun
    LeDoux LeFevre LeFrak LeMay LeMond LePage LeTourneau LeVay LeWitt LeAnn LeAnne LeBron LeGarrette LeRoy LeVar
    LeVert VanBuren VanCleave VanDyke VanHorn VanMeter VanPelt VanWinkle VanZandt VanderMeer VonTrapp JaKobi JaMychal
    JaVale JaVonte JoAnn JoAnne JoBeth JoEllen JoJo JuJu CeeCee CeeDee CeeLo DeeDee RuPaul TreVeyon AnnMarie AnnaLynne
    AnnaSophia MaryAnn MaryAnne MaryBeth MaryEllen MaryJane MaryJo MaryKate MaryLou
    """.split()
_AMERICAN_STARTS = "Da De Ja Ke La Le Ta Ty".split()
_AMERICAN_ENDS = "Andre Angelo Juan Keith Marcus Mario Quan Sean Shaun Shawn Wayne".split()
KNOWN_SPELLINGS = {
    name.casefold(): name
    for name in (
        *_INNER_CAPITALS,
        *(start + end for start in _AMERICAN_STARTS for end in _AMERICAN_ENDS),
        "De La Hoya",
    )
}
"""Names with capitals that no rule finds."""

AMERICAN_BEFORE_APOSTROPHE = frozenset("da de ja ka ke la le ma mo na qua ra sha sho ta te tra tre ty za".split())
"""Starts of first names that go on with a capital (Ja'Marr, Sha'Carri), unless only two letters follow."""

EAST_ASIAN_SYLLABLES = frozenset(
    """
    ah bin bo bok bong bum byeong byung chae chan chang cheol chi chin ching chol chong choon chul chun chung dae dal
    deok do dong doo eun eon gap geun gi gil gon goo gook guk gun gwang gyeong gyu ha hae hak han hee heon heung ho
    hong hoon hua hui hun hung hwa hwan hwang hye hyeok hyeon hyo hyuk hyun hyung il im in ing jae jeong jeou ji jia
    jie jin jing jong joo joon ju jun jung kai kang keun ki kil kook kuk kun kwan kwang kwon kyeong kyo kyoung kyu
    kyun kyung lian lin ling mei mi mie min ming moo moon mun myeong myoung myung na nam nan nyeo ok pei pil ping pyo
    ra rae rang ryeol ryong ryul sam sang seo seob seok seol seon seong seop seung shek shi shik shin shui si sik sil
    sin so son song soo sook soon su suk sun sung tae taek teng uk un ung wan wen wha wol won woo wook woong wu xi xia
    xian xiang xiao xin xing yang ye yee yen yeo yeol yeon yeong ying yong yoo yook yoon you young yu yuan yue yul yun
    yung zhen zhi
    """.split()
)
"""Syllables of Korean names, and of Chinese ones as Taiwan writes them; a second one is small: Jong-un, Ing-wen."""
VIETNAMESE = frozenset(
    "nguyen nguyễn tran trần pham phạm huynh huỳnh hoang hoàng phan dang đặng bui bùi ngo ngô duong dương".split()
)
SUFFIXES = {
    "jr": "Jr",
    "sr": "Sr",
    "phd": "PhD",
    "ph.d": "Ph.D",
    "md": "MD",
    "m.d": "M.D",
    "dds": "DDS",
    "dvm": "DVM",
    "mba": "MBA",
    "cpa": "CPA",
    "rn": "RN",
    "esq": "Esq",
}
NO_INITIALS = frozenset("md mr ms mx dr st fr ng".split())
"""Two consonants that are a word all the same: Md for Mohammed, titles."""

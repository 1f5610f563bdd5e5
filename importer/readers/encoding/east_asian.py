"""Log likelihoods of East Asian characters in the encodings that hold them.

Bytes in one of these encodings are usually valid in the others too, so only the meaning of the result distinguishes
them: few characters make up names, and the encodings list characters in daily use before the rare ones.
"""

_SIMPLIFIED = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江"
    "尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂红华建国文玉志春海小晓婷欣宇佳俊子轩浩梅玲云天"
    "大中雪鹏飞燕丹琳慧萍鑫波斌凯成东新光永姓名电话手机备注公司地址北京上海广州深圳客户联系人"
)
_TRADITIONAL = (
    "陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴周徐蘇葉莊呂江何蕭羅高簡朱鍾彭游詹胡施沈余趙盧梁顏柯翁魏孫戴范方宋鄧杜傅侯曹薛丁卓馬董温溫唐藍蔣石古紀姚連馮"
    "歐程湯田康姜白汪鄒尤巫鐘黎涂龔嚴韓袁金童陸夏柳凃邵志明俊傑家豪淑芬美玲雅婷怡君大文偉華麗惠建國雄玉英秀珍小宇承恩冠廷品妤欣佳宏榮子學友仁義信中正"
    "姓名電話手機備註公司地址台北香港九龍新客戶聯絡人"
)
_JAPANESE = (
    "佐藤鈴木高橋田中伊渡辺山本村小林加吉口松井斎清水崎森池阿部石川前岡長谷後近坂遠青藤西福三浦太原竹内金子岩和上島野中原今酒宮平大市丸横菊地千葉久保杉安"
    "一二郎美子恵香由紀陽翔真裕介健太学直樹智哲也浩司幸博明誠優愛葵結衣花奈菜々桜正男夫雄義信和彦京都東京氏名電話番号会社住所備考携帯株式様"
)
_KOREAN = (
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지나엄채원천방공현함변염여추도소석선설마길"
    "영수철희민준서연지우현예은하윤도시주호건유진혜미경숙순자옥성재동훈상승태용기정인화란아빈찬규환식만석열이름전화번호주소회사비고서울부산시구동로고객담당"
)
_NAMES = {
    "gb18030": frozenset(_SIMPLIFIED),
    "big5": frozenset(_TRADITIONAL),
    "cp932": frozenset(_JAPANESE),
    "euc_jp": frozenset(_JAPANESE),
    "cp949": frozenset(_KOREAN),
}
CODES = frozenset(_NAMES)
_JAPANESE_CODES = frozenset({"cp932", "euc_jp"})
_COMMON_LEADS = {
    "cp932": (0x88, 0x97),
    "gb18030": (0xB0, 0xD7),
    "big5": (0xA4, 0xC6),
    "euc_jp": (0xB0, 0xCF),
    "cp949": (0xB0, 0xC8),
}
"""First and last lead byte of the ideographs in daily use, or of the Hangul syllables."""
_EXTENDED = frozenset({"gb18030", "cp949"})
"""Encodings whose rare characters have a second byte below 0xA1."""
_IN_NAMES, _COMMON, _RARE, _NOT_OF_IT = -4.8, -8.3, -11.5, -14.0
_KANA, _HALF_KANA, _WIDE = -4.2, -4.5, -6.5
_FOUR_BYTES = -25.0
_BESIDE_LATIN = -2.5
_FOR_ASCII = 3.0
"""Bonus for a second byte below 0x80, which this encoding explains too; single-byte ones read it as plain ASCII."""
_ALONE = -6.0
"""Penalty for a lone half-width kana: real ones stand in rows, and any single byte from 0xA1 on looks like one."""
_SIGNS = frozenset("’‘“”—…·")


def likelihood(char: str, before: str, after: str, codec: str) -> float:
    """Return the log likelihood of a character beyond ASCII in this encoding, between two others ("" for none)."""
    code = char.encode(codec)
    share = _share(char, code, codec)
    if len(code) == 2 and code[1] < 0x80:
        share += _FOR_ASCII
    if _is_half_kana(char) and not (_is_half_kana(before) or _is_half_kana(after)):
        share += _ALONE
    return share + _BESIDE_LATIN * sum(other.isascii() and other.isalpha() for other in (before, after))


def _is_half_kana(char: str) -> bool:
    return "\uff61" <= char <= "\uff9f"


def _share(char: str, code: bytes, codec: str) -> float:
    if char in _NAMES[codec]:
        return _IN_NAMES
    if _is_half_kana(char):
        return _HALF_KANA if codec == "cp932" else _NOT_OF_IT
    if "\u3041" <= char <= "\u30fe":
        return _KANA if codec in _JAPANESE_CODES else _NOT_OF_IT
    if "\uff01" <= char <= "\uff5e" or "\u3000" <= char <= "\u3011" or char in _SIGNS:
        return _WIDE
    return _by_rank(char, code, codec)


def _by_rank(char: str, code: bytes, codec: str) -> float:
    """Return the log likelihood of an ideograph or Hangul syllable: higher if its code is among those in daily use."""
    if len(code) > 3:
        return _FOUR_BYTES
    is_hangul = "\uac00" <= char <= "\ud7a3"
    if is_hangul != (codec == "cp949") or not (is_hangul or "\u4e00" <= char <= "\u9fff"):
        return _NOT_OF_IT
    first, last = _COMMON_LEADS[codec]
    is_common = first <= code[0] <= last and (codec not in _EXTENDED or code[1] >= 0xA1)
    return _COMMON if is_common and len(code) == 2 else _RARE

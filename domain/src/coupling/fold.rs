//! What characters look like: which letter of ours a foreign one passes for, and a text as a reader would see it. It must
//! not judge a text: `hidden` does.

use crate::text::is_invisible;

/// Letters of other scripts that pass for one of ours, as pairs.
const LOOKALIKES: &str = "аaеeоoрpсcхxуyіiјjѕsԁdɡgԛqԝwһhӏlѵvкkмmтtвbнhгrпnАAВBЕEКKМMНHОOРPСCТTХXУYІIЈJЅSԌGԚQԜWαaεeοoρpνvιiκkτtυuχxγyηnωwσoΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXϲcϳjɑaɩiʟlոnսuօoѡwցgհhզqⅼlⅽcⅾdⅿmⅰiⅴvⅹxᴀaʙbᴄcᴅdᴇeꜰfɢgʜhɪiᴊjᴋkᴍmɴnᴏoᴘpʀrꜱsᴛtᴜuᴠvᴡwʏyᴢzꓮAꓐBꓚCꓓDꓰEꓝFꓖGꓧHꓲIꓙJꓗKꓡLꓟMꓠNꓳOꓑPꓣRꓢSꓔTꓴUꓦVꓪWꓫXꓬYꓜZℓl℮e";
/// Our letters with a mark, as pairs.
const MARKED: &str = "àaáaâaãaäaåaāaăaąaçcćcĉcċcčcďdđdèeéeêeëeēeĕeėeęeěeĝgğgġgģgĥhħhìiíiîiïiĩiīiĭiįiıiĵjķkĺlļlľlłlñnńnņnňnòoóoôoõoöoøoōoŏoőoŕrŗrřrśsŝsşsšsţtťtŧtùuúuûuüuũuūuŭuůuűuųuŵwŷyýyÿyźzżzžzÀAÁAÂAÃAÄAÅAÇCÈEÉEÊEËEÌIÍIÎIÏIÑNÒOÓOÔOÕOÖOØOÙUÚUÛUÜUÝYŚSŠSŻZŽZŁL";

fn of(pairs: &str, c: char) -> Option<char> {
    let mut all = pairs.chars();
    while let (Some(foreign), Some(ours)) = (all.next(), all.next()) {
        if foreign == c {
            return Some(ours);
        }
    }
    None
}

/// The letter or digit of ours that a character passes for; none for what is ours, or passes for none.
pub(crate) fn passes_for(c: char) -> Option<char> {
    let at = u32::from(c);
    let letter = |base: u32, first: u32| char::from_u32(base + (at - first) % 26);
    match at {
        0..0x80 => None,
        0xFF01..=0xFF5E => char::from_u32(at - 0xFEE0),
        0x24B6..=0x24CF => letter(0x41, 0x24B6),
        0x24D0..=0x24E9 => letter(0x61, 0x24D0),
        // Mathematical letters: thirteen alphabets, each of capitals and small letters.
        0x1D400..=0x1D6A3 => {
            let place = (at - 0x1D400) % 52;
            char::from_u32(if place < 26 { 0x41 + place } else { 0x61 + place - 26 })
        }
        0x1D7CE..=0x1D7FF => char::from_u32(0x30 + (at - 0x1D7CE) % 10),
        0x1F110..=0x1F189 => letter(0x41, 0x1F110),
        0x1F1E6..=0x1F1FF => letter(0x61, 0x1F1E6),
        _ => of(LOOKALIKES, c),
    }
}

/// The letter without its mark; none for what has none.
pub(super) fn unmarked(c: char) -> Option<char> {
    if c.is_ascii() { None } else { of(MARKED, c) }
}

/// True for what is set on the letter ahead of it.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// A text as it is read: nothing invisible, no marks, every letter one of ours that passes for one, small.
pub(super) fn seen(text: &str) -> String {
    let kept = text.chars().filter(|c| !is_invisible(*c) && !is_mark(*c));
    kept.map(|c| unmarked(c).or_else(|| passes_for(c)).unwrap_or(c)).flat_map(char::to_lowercase).collect()
}

/// Digits and signs that are written for letters, as letters.
pub(super) fn unleet(word: &str) -> String {
    let one = |c| match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        other => other,
    };
    word.chars().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_for_a_letter_is_read_as_it() {
        for (text, read) in [
            ("vаult", "vault"),
            ("ｖａｕｌｔ", "vault"),
            ("𝗏𝖺𝗎𝗅𝗍", "vault"),
            ("𝓋𝒶𝓊𝓁𝓉", "vault"),
            ("ⓥⓐⓤⓛⓣ", "vault"),
            ("ᴠᴀᴜʟᴛ", "vault"),
            ("v\u{200B}ault", "vault"),
            ("v\u{0301}ault", "vault"),
            ("väult", "vault"),
            ("Vault", "vault"),
            ("漢字", "漢字"),
        ] {
            assert_eq!(seen(text), read, "{text}");
        }
        assert_eq!(unleet("v4u1t_p4$$w0rd"), "vauit_password");
    }
}

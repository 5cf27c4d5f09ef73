//! The secret that lets programs in, and the file that tells it to them.

/// The name of the authorization protocol, Xsecurity(7).
pub(crate) const PROTOCOL: &str = "MIT-MAGIC-COOKIE-1";

/// Matches a server at this machine's unix sockets, by host name (`FamilyLocal` of Xauth(3)).
const LOCAL: u16 = 256;
/// Matches every server (`FamilyWild` of Xauth(3)).
const WILD: u16 = 65535;

/// The content of an authority file with `cookie`: one entry for display `number` of `host`, for
/// libraries that compare both, and one that matches whatever is asked for.
pub(crate) fn file(host: &[u8], number: Option<u32>, cookie: &[u8; 16]) -> Vec<u8> {
    let mut file = Vec::new();
    if let Some(number) = number {
        entry(
            &mut file,
            LOCAL,
            host,
            number.to_string().as_bytes(),
            cookie,
        );
    }
    entry(&mut file, WILD, b"", b"", cookie);
    file
}

/// One entry: the family, then four strings, each behind its length; all numbers big-endian.
fn entry(file: &mut Vec<u8>, family: u16, address: &[u8], number: &[u8], cookie: &[u8; 16]) {
    file.extend_from_slice(&family.to_be_bytes());
    for field in [address, number, PROTOCOL.as_bytes(), cookie] {
        let length = u16::try_from(field.len()).unwrap_or(u16::MAX);
        file.extend_from_slice(&length.to_be_bytes());
        file.extend(field.iter().take(usize::from(length)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_laid_out_as_xau_reads_it() {
        let bytes = file(b"bay", Some(7), &[9; 16]);
        let mut expected = vec![1, 0, 0, 3, b'b', b'a', b'y', 0, 1, b'7', 0, 18];
        expected.extend_from_slice(b"MIT-MAGIC-COOKIE-1");
        expected.extend_from_slice(&[0, 16]);
        expected.extend_from_slice(&[9; 16]);
        assert_eq!(bytes.get(..expected.len()), Some(expected.as_slice()));
        assert_eq!(
            bytes.get(expected.len()..expected.len() + 6),
            Some([255, 255, 0, 0, 0, 0].as_slice())
        );
    }

    #[test]
    fn a_server_whose_number_is_not_known_yet_gets_the_wild_entry_alone() {
        assert_eq!(
            file(b"bay", None, &[1; 16]).len(),
            2 + 2 + 2 + 2 + 18 + 2 + 16
        );
    }
}

//! `secret.key`: a line a key, its number and 64 hex digits. The first seals.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::{Key, Keys};
use crate::auth::session::hex;

const HEAD: &str =
    "# Keys of the sealed secrets in the database, the newest first. No backup contains them.\n";
const FILE_MAX_BYTES: u64 = 65_536;
const OWNER_ONLY: u32 = 0o600;
/// What the group and all others may do.
const OTHERS: u32 = 0o077;

/// The keys of the file, or nothing where there is none.
pub fn read(path: &Path) -> Result<Option<Keys>, String> {
    let fault = |why: String| format!("{}: {why}", path.display());
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(fault(cause.to_string())),
    };
    let about = file.metadata().map_err(|cause| fault(cause.to_string()))?;
    if !about.is_file() || about.len() > FILE_MAX_BYTES {
        return Err(fault("is not a file of keys".into()));
    }
    if about.permissions().mode() & OTHERS != 0 {
        let place = path.display();
        return Err(format!("{place} can be read by other users of this machine: run `chmod 600 {place}`"));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|cause| fault(cause.to_string()))?;
    parse(&text).map(Some).map_err(|why| fault(format!("{why}; put back the file that was here")))
}

fn parse(text: &str) -> Result<Keys, String> {
    let mut keys = Keys(Vec::new());
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = key(line).ok_or_else(|| format!("line {} is not a number and 64 hex digits", at + 1))?;
        if keys.get(key.number).is_some() {
            return Err(format!("key {} stands in it twice", key.number));
        }
        keys.0.push(key);
    }
    if keys.0.is_empty() { Err("holds no key".into()) } else { Ok(keys) }
}

fn key(line: &str) -> Option<Key> {
    let (number, digits) = line.split_once(char::is_whitespace)?;
    let digits = digits.trim();
    if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    let number = number.parse().ok().filter(|number| *number > 0)?;
    Some(Key { number, bytes })
}

/// A first key, in a file that was not there.
pub fn create(path: &Path) -> Result<Keys, String> {
    let keys = Keys(vec![Key::random(1)]);
    write(path, &keys).map_err(|cause| format!("{}: {cause}", path.display()))?;
    Ok(keys)
}

/// Puts these keys in the place of those of the file: at once or not at all.
pub fn replace(path: &Path, keys: &Keys) -> Result<(), String> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = Path::new(&name);
    let removed = match std::fs::remove_file(new) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    };
    let done = removed.and_then(|()| write(new, keys)).and_then(|()| std::fs::rename(new, path));
    done.and_then(|()| sync_directory(path)).map_err(|cause| format!("{}: {cause}", new.display()))
}

fn write(path: &Path, keys: &Keys) -> std::io::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path)?;
    let filled = fill(file, keys).and_then(|()| sync_directory(path));
    if filled.is_err() {
        // Half a file would stop the next start too.
        let _ = std::fs::remove_file(path);
    }
    filled
}

fn fill(mut file: File, keys: &Keys) -> std::io::Result<()> {
    // The mode of a new file is what the umask leaves of it.
    file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
    let lines = keys.0.iter().map(|key| format!("{} {}\n", key.number, hex(&key.bytes)));
    file.write_all(format!("{HEAD}{}", lines.collect::<String>()).as_bytes())?;
    file.sync_all()
}

/// A name is durable when its directory is.
fn sync_directory(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

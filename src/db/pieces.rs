//! Many rows by few statements, in pieces of few sizes: the text of a statement is its cache key, and
//! every number of rows is a text of its own.

use super::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};

/// With the longest rows there are the values of a piece stay far below what both engines bind (32,766). The
/// few lines that most transfers have are one statement.
const SIZES: [usize; 6] = [64, 8, 4, 3, 2, 1];

fn sizes(mut count: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|size| *size <= count)?;
        count -= size;
        Some(size)
    })
}

/// The values of a list, for statements that ask about several at once.
pub fn pieces<T>(mut list: &[T]) -> impl Iterator<Item = &[T]> {
    sizes(list.len()).map(move |size| {
        let (piece, rest) = list.split_at(size);
        list = rest;
        piece
    })
}

/// Inserts rows: `INSERT INTO … (…) VALUES `.
pub fn insert_all<const N: usize>(conn: &mut Conn, head: &Sql, rows: Vec<[Raw; N]>) -> Result<()> {
    let sizes = sizes(rows.len());
    let mut rows = rows.into_iter();
    for size in sizes {
        tuples(head, rows.by_ref().take(size)).execute(conn)?;
    }
    Ok(())
}

/// The same, and their ids. These ascend in the order of the rows, whatever order they come back in.
pub fn insert_for_ids<const N: usize>(conn: &mut Conn, head: &Sql, rows: Vec<[Raw; N]>) -> Result<Vec<i64>> {
    let (count, sizes) = (rows.len(), sizes(rows.len()));
    let (mut rows, mut ids) = (rows.into_iter(), Vec::with_capacity(count));
    for size in sizes {
        let sql = tuples(head, rows.by_ref().take(size)).sql(" RETURNING id");
        ids.extend(sql.load(conn, &[Kind::Int])?.iter().map(|row| row[0].int()));
    }
    ids.sort_unstable();
    if ids.len() == count { Ok(ids) } else { Err(Error::system("rows got no ids")) }
}

fn tuples<const N: usize>(head: &Sql, rows: impl Iterator<Item = [Raw; N]>) -> Sql {
    let mut sql = head.clone();
    for (nth, row) in rows.enumerate() {
        sql = sql.sql(if nth > 0 { ", (" } else { "(" }).binds(row).sql(")");
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_few_sizes_and_leave_nothing_out() {
        let rows: [(usize, &[usize]); 7] = [
            (0, &[]),
            (1, &[1]),
            (2, &[2]),
            (3, &[3]),
            (7, &[4, 3]),
            (73, &[64, 8, 1]),
            (200, &[64, 64, 64, 8]),
        ];
        for (count, expected) in rows {
            let list: Vec<usize> = (0..count).collect();
            let got: Vec<&[usize]> = pieces(&list).collect();
            assert_eq!(got.iter().map(|piece| piece.len()).collect::<Vec<_>>(), expected);
            assert_eq!(got.concat(), list);
        }
    }
}

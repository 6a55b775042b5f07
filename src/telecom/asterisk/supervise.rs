//! Keeps a connection to every switch that is switched on, or still has calls.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::link::{self, Place};
use crate::app::App;
use crate::db::{Kind, Sql};
use crate::error::Result;
use crate::rpc::BUDGET_SLOW;
use crate::telecom::switch;

const TICK: Duration = Duration::from_secs(1);
/// How often it is looked without a change of the switches: their last calls end.
const LOOK_EACH: Duration = Duration::from_secs(10);

/// Runs until it is dropped; the connections end with it.
pub async fn run_always(app: &Arc<App>) {
    if app.simulates {
        return;
    }
    let mut all = All { app, running: HashMap::new(), tasks: JoinSet::new() };
    let (mut looked, mut tick) = (None::<Instant>, tokio::time::interval(TICK));
    loop {
        tick.tick().await;
        let is_time = looked.is_none_or(|looked| looked.elapsed() >= LOOK_EACH);
        let look = app.clone();
        let found = tokio::task::spawn_blocking(move || {
            (look.switches_seen.is_stale(&look.db) || is_time).then(|| places(&look))
        });
        match found.await {
            Ok(Some(Ok(places))) => {
                looked = Some(Instant::now());
                all.follow(places);
            }
            Ok(Some(Err(error))) => tracing::error!("switches cannot be read: {error}"),
            _ => {}
        }
    }
}

fn places(app: &App) -> Result<Vec<Place>> {
    let sql = Sql::new(
        "SELECT id, name, address, login, secret, tls, ca FROM switch s WHERE NOT deleted AND kind = 'asterisk' \
         AND address <> '' AND secret <> '' AND (active OR EXISTS (SELECT 1 FROM call c WHERE c.switch_id = s.id))",
    );
    let kinds = [Kind::Int, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Flag, Kind::Text];
    let mut places = Vec::new();
    for row in app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &kinds))? {
        let id = row[0].int();
        match app.sealer.open(row[4].str(), &switch::SECRET.context(&[&id])) {
            Ok(secret) => places.push(Place {
                id,
                name: row[1].str().to_owned(),
                address: row[2].str().to_owned(),
                authorities: row[5].on().then(|| row[6].str().to_owned()),
                login: row[3].str().to_owned(),
                secret,
            }),
            Err(error) => tracing::error!("switch {id}: its secret cannot be opened: {error}"),
        }
    }
    Ok(places)
}

struct All<'a> {
    app: &'a Arc<App>,
    running: HashMap<i64, (Place, AbortHandle)>,
    tasks: JoinSet<()>,
}

impl All<'_> {
    /// A switch that is reached otherwise by now is signed in to anew.
    fn follow(&mut self, places: Vec<Place>) {
        self.running.retain(|id, (place, task)| {
            let stays = !task.is_finished() && places.contains(place);
            if !stays {
                task.abort();
                self.app.links.close(*id);
            }
            stays
        });
        while self.tasks.try_join_next().is_some() {}
        for place in places {
            if !self.running.contains_key(&place.id) {
                let orders = self.app.links.open(place.id);
                let task = self.tasks.spawn(link::run(self.app.clone(), place.clone(), orders));
                self.running.insert(place.id, (place, task));
            }
        }
    }
}

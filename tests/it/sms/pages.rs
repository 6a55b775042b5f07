//! A long campaign is read page by page without sorting it.

use billmgr::db::{Backend, Kind, Sql};

use super::{campaign, pay, provider};
use crate::direct::tables;
use crate::support::{dom, worlds};

worlds! {
    fn recipients_stand_in_their_order(world: &World) {
        provider(world);
        pay(world, "client2", "5");
        let id = campaign(world, "client2", 447_500_000_200, 25);
        for (page, first) in [(1, "+447500000200"), (2, "+447500000210"), (3, "+447500000220"), (2, "+447500000210")] {
            let query = format!("func=sms.campaign.rcpt&elid={id}&p_cnt=10&p_num={page}");
            let phones = dom::find(&world.done("client2", &query), "/doc/elem/phone");
            assert_eq!((phones[0].as_str(), phones.len()), (first, if page == 3 { 5 } else { 10 }));
        }
        if world.app.db.backend() == Backend::Sqlite {
            for (sql, index) in [
                ("EXPLAIN QUERY PLAN SELECT id FROM sms_campaign_rcpt_list WHERE campaign_id = 1 AND account_id = 2 \
                  ORDER BY id LIMIT 1 OFFSET 50000", "INDEX sms_campaign_rcpt_order (campaign_id=?"),
                ("EXPLAIN QUERY PLAN SELECT id, phone, status, reason, parts, cost FROM sms_campaign_rcpt_list \
                  WHERE campaign_id = 1 AND account_id = 2 AND id > 50000 ORDER BY id LIMIT 50", "INDEX sms_campaign_rcpt_"),
                ("EXPLAIN QUERY PLAN DELETE FROM sip_contact WHERE switch_id = 1 AND expires_at < 5",
                 "INDEX sip_contact_switch (switch_id=? AND expires_at<?"),
            ] {
                let rows = tables::read(&world.app.db, |conn| {
                    let kinds = [Kind::Int, Kind::Int, Kind::Int, Kind::Text];
                    Sql::new(sql).load(conn, &kinds)
                });
                let plan: Vec<&str> = rows.iter().map(|row| row[3].str()).collect();
                assert!(plan[0].contains(index), "{plan:?}");
                assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:?}");
            }
        }
    }
}

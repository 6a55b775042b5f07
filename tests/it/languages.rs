//! A further language is a file of words in the data directory.

use crate::support::{Request, worlds};

const GERMAN: &str = r#"<mgrdata><lang name="de">
  <messages name="common"><msg name="panel_lang_de">Deutsch</msg></messages>
  <messages name="payment"><msg name="title">Zahlungen</msg><msg name="status_4">Gutgeschrieben</msg></messages>
</lang></mgrdata>"#;

worlds! {
    /// It is offered, its words are used, and what it lacks is English.
    fn a_file_is_a_language(world: &World) {
        let dir = world.dir().join("lang");
        std::fs::create_dir(&dir).expect("a directory");
        std::fs::write(dir.join("de.xml"), GERMAN).expect("a file");
        let before = world.get("func=logon").body;
        assert!(!before.contains("Deutsch"));
        let (address, server) = world.reopened_at();
        let page = |query: &str| Request::get(format!("/billmgr?{query}&{}", world.proof("admin"))).send(address).body;
        let german = page("func=payment&lang=de");
        for words in ["<html lang=\"de\"", "Zahlungen</h1>", "Gutgeschrieben", "Payment method"] {
            assert!(german.contains(words), "{words}: {german}");
        }
        let english = page("func=payment&lang=en");
        assert!(english.contains("Deutsch") && english.contains("Payments</h1>"), "{english}");
        server.abort();
    }

    /// A file that is none is told with its name, and nothing starts.
    fn a_wrong_file_is_told(world: &World) {
        let dir = world.dir().join("lang");
        std::fs::create_dir(&dir).expect("a directory");
        for wrong in ["<mgrdata><lang name=\"de\">", "<mgrdata><metadata name=\"payment\" type=\"list\"/></mgrdata>"] {
            std::fs::write(dir.join("odd.xml"), wrong).expect("a file");
            let mut registry = billmgr::functions().expect("the functions are whole");
            let told = billmgr::start::learn(&mut registry, &world.dir()).err().map(|fault| fault.0);
            assert!(told.as_deref().is_some_and(|text| text.contains("odd.xml")), "{told:?}");
        }
    }
}

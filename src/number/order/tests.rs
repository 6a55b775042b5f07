use super::*;

#[test]
fn every_step() {
    use Event::{Ban, Cancel, Expire, Finish};
    use Status::{Banned, Canceled, Finished, Pending, Received, TimedOut};
    for (status, event, expected) in [
        (Pending, Finish, Err(Refused::NoSms)),
        (Pending, Expire, Ok((TimedOut, Some(Why::TimedOut)))),
        (Pending, Cancel, Ok((Canceled, Some(Why::Canceled)))),
        (Pending, Ban, Ok((Banned, Some(Why::Banned)))),
        (Received, Finish, Ok((Finished, Some(Why::Finished)))),
        (Received, Expire, Ok((Finished, Some(Why::Expired)))),
        (Received, Cancel, Err(Refused::HasSms)),
        (Received, Ban, Err(Refused::HasSms)),
    ] {
        assert_eq!(step(false, status, event), expected, "{status:?} {event:?}");
    }
    for (status, event, expected) in [
        (Pending, Finish, Err(Refused::NoSms)),
        (Pending, Expire, Ok((Finished, None))),
        (Pending, Cancel, Err(Refused::Hosting)),
        (Received, Ban, Err(Refused::Hosting)),
        (Received, Finish, Ok((Finished, None))),
        (Received, Expire, Ok((Finished, None))),
    ] {
        assert_eq!(step(true, status, event), expected, "hosting {status:?} {event:?}");
    }
    for (status, is_hosting, ended) in
        [(Pending, false, TimedOut), (Received, false, Finished), (Pending, true, Finished)]
    {
        assert_eq!([7, 8, 9].map(|now_us| status.at(is_hosting, 8, now_us)), [status, ended, ended]);
    }
    for status in Status::ALL.into_iter().filter(|status| !status.is_live()) {
        for event in [Finish, Expire, Cancel, Ban] {
            assert_eq!(step(false, status, event), Err(Refused::Ended));
            assert_eq!(step(true, status, event), Err(Refused::Ended));
        }
        assert_eq!(Status::from_word(status.word()).unwrap(), status);
        assert_eq!(status.at(false, 7, 8), status);
    }
}

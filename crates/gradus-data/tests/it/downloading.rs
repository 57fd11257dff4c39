//! Downloads against a server on 127.0.0.1 that misbehaves in every way that servers do.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gradus_data::Kind;
use gradus_data::download::{Downloader, Progress, Remote, names, remote_files};

use crate::Scratch;

/// The body: 200,000 bytes that differ everywhere, and its SHA-256 by Python's hashlib.
fn body() -> Vec<u8> {
    (0..200_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

const SHA256: &str = "b979e17a4e147685e5c2df66ad2d316b7665ddb2896ff60fcab25cea0675b048";

struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

/// Answers every request, each on a thread of its own, by the path: what is wrong with the answer is its name.
fn server() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let (log, count) = (requests.clone(), Arc::new(AtomicUsize::new(0)));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (log, count) = (log.clone(), count.clone());
            std::thread::spawn(move || answer(&stream.unwrap(), &log, &count));
        }
    });
    Server { address, requests }
}

fn answer(mut stream: &TcpStream, log: &Mutex<Vec<String>>, count: &AtomicUsize) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
    let mut from = 0;
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some(range) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().unwrap();
        }
    }
    log.lock().unwrap().push(format!("{path} from {from}"));
    let body = body();
    let nth = count.fetch_add(1, Ordering::SeqCst);
    let ok = |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let part = |from: usize| {
        let length = body.len() - from;
        let range = format!("Content-Range: bytes {from}-{}/{}", body.len() - 1, body.len());
        format!("HTTP/1.1 206 Partial Content\r\n{range}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
    };
    let head = if from > 0 && path != "/no-ranges" { part(from) } else { ok(body.len()) };
    let from = if path == "/no-ranges" { 0 } else { from };
    // A client that has had enough hangs up: write errors are no concern of the server.
    let _ = match path.as_str() {
        "/good" => stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body[from..])),
        // The first answers break off, each a bit later.
        "/breaks" | "/no-ranges" if nth < 2 => {
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body[from..from + 70_000]))
        }
        "/breaks" | "/no-ranges" => stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body[from..])),
        "/always-breaks" => {
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body[from..from + 10_000]))
        }
        "/corrupted" => {
            let mut body = body.clone();
            body[123_456] ^= 1;
            stream.write_all(ok(body.len()).as_bytes()).and_then(|()| stream.write_all(&body))
        }
        "/announces-more" => stream.write_all(ok(1 << 40).as_bytes()).and_then(|()| stream.write_all(&body)),
        "/sends-without-end" => {
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
            let mut sent = stream.write_all(head.as_bytes());
            while sent.is_ok() {
                sent = stream.write_all(&body);
            }
            sent
        }
        "/slow" => {
            let mut sent = stream.write_all(head.as_bytes());
            for byte in &body {
                sent = sent.and_then(|()| stream.write_all(&[*byte]));
                if sent.is_err() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            sent
        }
        "/silent" => {
            std::thread::sleep(Duration::from_secs(5));
            Ok(())
        }
        "/loop" => {
            stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        "/moved" => {
            stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        "/wrong-part" => {
            let head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 7-9/10\r\nContent-Length: 3\r\nConnection: close\r\n\r\n";
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(b"abc"))
        }
        "/no-http" => stream.write_all(b"220 mail.example ESMTP\r\n"),
        _ => stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    };
}

fn remote(server: &Server, paths: &[&str]) -> Remote {
    Remote {
        name: "file.bin".into(),
        urls: paths.iter().map(|path| format!("{}{path}", server.address)).collect(),
        bytes: 200_000,
        sha256: SHA256.into(),
    }
}

fn fast(scratch: &Scratch) -> Downloader {
    Downloader::new().folder(&scratch.0).patience(Duration::from_millis(400), 2_000_000)
}

#[test]
fn a_file_is_fetched_once_and_its_progress_told() {
    let (server, scratch) = (server(), Scratch::new("download"));
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = told.clone();
    let mut downloader = fast(&scratch).progress(move |p: Progress| log.lock().unwrap().push((p.done, p.total)));
    for path in ["/good", "/moved"] {
        let path = downloader.file(&remote(&server, &[path])).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), body());
    }
    assert_eq!(*server.requests.lock().unwrap(), ["/good from 0"]);
    let told = std::mem::take(&mut *told.lock().unwrap());
    assert_eq!(told.last(), Some(&(200_000, 200_000)));
    assert!(told.windows(2).all(|pair| pair[0].0 < pair[1].0));
    // A file that somebody changed is fetched again.
    std::fs::write(scratch.0.join("file.bin"), b"changed").unwrap();
    downloader.file(&remote(&server, &["/moved"])).unwrap();
    assert_eq!(std::fs::read(scratch.0.join("file.bin")).unwrap(), body());
    assert_eq!(std::fs::read_dir(&scratch.0).unwrap().count(), 1, "no part file is left");
}

#[test]
fn a_broken_connection_is_gone_on_with() {
    let (server, scratch) = (server(), Scratch::new("download-breaks"));
    fast(&scratch).file(&remote(&server, &["/breaks"])).unwrap();
    assert_eq!(*server.requests.lock().unwrap(), ["/breaks from 0", "/breaks from 70000", "/breaks from 140000"]);
    assert_eq!(std::fs::read(scratch.0.join("file.bin")).unwrap(), body());
}

#[test]
fn also_in_a_later_run_and_with_a_server_that_starts_over() {
    let (server, scratch) = (server(), Scratch::new("download-later"));
    let error = fast(&scratch).attempts(1).file(&remote(&server, &["/always-breaks"])).unwrap_err();
    assert_eq!(error.kind(), Kind::Truncated, "{error}");
    assert_eq!(std::fs::read(scratch.0.join("file.bin.part")).unwrap(), &body()[..10_000]);
    fast(&scratch).file(&remote(&server, &["/good"])).unwrap();
    assert_eq!(*server.requests.lock().unwrap(), ["/always-breaks from 0", "/good from 10000"]);
    std::fs::remove_file(scratch.0.join("file.bin")).unwrap();
    std::fs::write(scratch.0.join("file.bin.part"), &body()[..500]).unwrap();
    fast(&scratch).file(&remote(&server, &["/no-ranges"])).unwrap();
    assert_eq!(std::fs::read(scratch.0.join("file.bin")).unwrap(), body());
}

#[test]
fn what_a_server_does_wrong_is_said_and_nothing_is_kept() {
    let cases: [(&str, Kind, &str); 9] = [
        ("/corrupted", Kind::Checksum, "the SHA-256 is "),
        ("/announces-more", Kind::Limit, "bytes, file.bin has 200000"),
        ("/sends-without-end", Kind::Limit, "bytes, file.bin has 200000"),
        ("/slow", Kind::Network, "too slow, "),
        ("/silent", Kind::Network, "timeout"),
        ("/loop", Kind::Network, "redirect"),
        ("/wrong-part", Kind::Network, "another part"),
        ("/no-http", Kind::Network, ""),
        ("/absent", Kind::Network, "404"),
    ];
    let server = server();
    for (path, kind, piece) in cases {
        let scratch = Scratch::new(&format!("download{}", path.replace('/', "-")));
        let error = fast(&scratch).attempts(1).file(&remote(&server, &[path])).unwrap_err();
        assert_eq!(error.kind(), kind, "{path}: {error}");
        assert!(error.to_string().contains(piece), "{path}: {error}");
        assert_eq!(std::fs::read_dir(&scratch.0).unwrap().count(), 0, "{path} left something");
    }
    let nobody = Remote { urls: vec!["http://127.0.0.1:9/x".into()], ..remote(&server, &[]) };
    let scratch = Scratch::new("download-nobody");
    assert_eq!(fast(&scratch).file(&nobody).unwrap_err().kind(), Kind::Network);
}

#[test]
fn the_next_address_is_tried() {
    let (server, scratch) = (server(), Scratch::new("download-mirrors"));
    fast(&scratch).attempts(1).file(&remote(&server, &["/absent", "/corrupted", "/good"])).unwrap();
    assert_eq!(std::fs::read(scratch.0.join("file.bin")).unwrap(), body());
}

#[test]
fn limits_and_names_are_checked_before_anything_is_asked() {
    let (server, scratch) = (server(), Scratch::new("download-limits"));
    let error = fast(&scratch).limit(199_999).file(&remote(&server, &["/good"])).unwrap_err();
    assert_eq!(error.to_string(), "download: file.bin has 200000 bytes, the limit is 199999");
    for name in ["../file.bin", "a/b", "/etc/x", "..", ""] {
        let outside = Remote { name: name.into(), ..remote(&server, &["/good"]) };
        assert_eq!(fast(&scratch).file(&outside).unwrap_err().kind(), Kind::Argument, "{name:?}");
    }
    let error = fast(&scratch).set("fashion_mnist").unwrap_err();
    assert_eq!(error.to_string(), "download: no set \"fashion_mnist\"; did you mean \"fashion-mnist\"?");
    assert!(server.requests.lock().unwrap().is_empty());
}

#[test]
fn the_catalogue_is_whole() {
    assert_eq!(names(), ["mnist", "fashion-mnist", "uci-concrete", "uci-energy", "uci-yacht"]);
    for name in names() {
        for file in remote_files(&name).unwrap() {
            assert!(file.sha256.len() == 64 && file.bytes > 0 && !file.urls.is_empty(), "{name} {file:?}");
        }
    }
    assert_eq!(remote_files("uci-yacht").unwrap().len(), 44);
}

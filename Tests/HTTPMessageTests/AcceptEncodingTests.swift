import HTTPMessage
import Testing

@Suite("Accept-Encoding")
struct AcceptEncodingTests {
    @Test(arguments: [
        "gzip", "GZip", "x-gzip", "X-GZIP", "gzip, deflate, br, zstd", "br,gzip", " ,, gzip ,", "gzip;q=1",
        "gzip;q=0.001",
        "gzip; q=0.5", "gzip ;\tq=0.5", "gzip;Q=1.000", "gzip;q=1.", "gzip;q=0.5, identity;q=0.5", "*", "*;q=0.1",
        "deflate, *;q=0.5", "gzip;q=0.1, *;q=0", "identity;q=0, *", "identity;q=0, gzip;q=0.1", "identity;q=2, gzip",
        "gzip;q=0.9, identity;q=0.8", "br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip, gzip;q=0",
    ])
    func `asks for gzip`(_ field: String) {
        #expect(AcceptEncoding(field).prefersGzip)
    }

    @Test(arguments: [
        nil, "", " ", ",", "identity", "deflate", "br, zstd", "gzip;q=0", "gzip;q=0.0", "gzip;q=0.000", "x-gzip;q=0",
        "gzip;q=0, *", "*;q=0", "identity;q=0", "identity;q=0, *;q=0", "deflate;q=1, identity", "gzip;q=0.5, identity",
        "gzip;q=0.5, *;q=0.6", "gzip;q=0.5, identity;q=0.501", "*;q=0.5, identity;q=0.6", "gzip;q=0, gzip",
        "gzip;q=", "gzip;q=a", "gzip;q=-1", "gzip;q=1.001", "gzip;q=2", "gzip;q=0.0001", "gzip;q=0,5", "gzip;q",
        "gzip;level=9", "gzip;q=1;x=y", "gzip;", "gzip;;q=1", "gzip q=1", "gzip deflate", "gzipped", "xgzip",
        "\"gzip\"",
        "g\u{301}zip", "gzip;q=.5",
    ])
    func `does not ask for gzip`(_ field: String?) {
        #expect(!AcceptEncoding(field).prefersGzip)
    }
}

internal import NIOSSL

/// With what a server shows who it is, and keeps what it says from others: files in PEM.
public struct TLSFiles: Sendable {
  /// Its certificate, then those by which that was signed.
  public var certificate: String
  public var key: String

  public init(certificate: String, key: String) {
    (self.certificate, self.key) = (certificate, key)
  }

  func configuration() throws(TLSFileError) -> TLSConfiguration {
    let chain: [NIOSSLCertificate]
    do { chain = try NIOSSLCertificate.fromPEMFile(certificate) } catch {
      throw TLSFileError(path: certificate, content: "certificates")
    }
    guard !chain.isEmpty else { throw TLSFileError(path: certificate, content: "certificates") }
    let privateKey: NIOSSLPrivateKey
    do { privateKey = try NIOSSLPrivateKey(file: key, format: .pem) } catch {
      throw TLSFileError(path: key, content: "a private key without a passphrase")
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    return configuration
  }
}

struct TLSFileError: Error {
  var path: String
  var content: String
}

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
    let chain = (try? NIOSSLCertificate.fromPEMFile(certificate)) ?? []
    guard !chain.isEmpty else {
      throw TLSFileError(path: certificate, problem: Self.unreadable("certificates"))
    }
    let privateKey: NIOSSLPrivateKey
    do { privateKey = try NIOSSLPrivateKey(file: key, format: .pem) } catch {
      throw TLSFileError(
        path: key, problem: Self.unreadable("a private key without a passphrase"))
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    do { _ = try NIOSSLContext(configuration: configuration) } catch {
      throw TLSFileError(
        path: key, problem: "not the key of the certificate in \(certificate); name that one")
    }
    return configuration
  }

  private static func unreadable(_ content: String) -> String {
    "cannot be read as \(content) in PEM; name another file"
  }
}

struct TLSFileError: Error {
  var path: String
  /// And what to do.
  var problem: String
}

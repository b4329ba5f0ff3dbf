internal import CPacketRing
import Glibc

/// What a process may do, and gives up.
public enum Privileges {
  /// Becomes another user for good: what was opened stays open.
  public static func become(user name: String) throws(LiveCaptureError) {
    // An entry of the C library, read before anything else asks for one.
    guard let entry = unsafe getpwnam(name) else { throw LiveCaptureError(name, .noSuchUser) }
    let (user, group) = unsafe (entry.pointee.pw_uid, entry.pointee.pw_gid)
    guard gapscope_become_user(name, user, group) == 0 else {
      // Not that of capturing.
      let number = errno
      var message = unsafe strerror(number).map { unsafe String(cString: $0) }
      if number == EPERM { message? += "; run it with sudo, or leave out -Z" }
      throw LiveCaptureError(
        name,
        .system(operation: "become this user", message: message ?? "error \(number)"))
    }
  }
}

import Glibc

/// Keeps the descriptors of standard input, output and error from those that are opened later: where
/// whoever started us closed them, a file or a socket would get their number, and our words with it.
///
/// To read or write there is still an error, as it was.
func occupyStandardDescriptors() {
  for (descriptor, mode) in [
    (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
  ] where fcntl(descriptor, F_GETFD) < 0 {
    // The system gives the lowest that is free.
    _ = open("/dev/null", mode)
  }
}

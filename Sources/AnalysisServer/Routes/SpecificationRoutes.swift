internal import Hummingbird

/// `/api/v1/openapi.json`: the description of the API, `Specification/openapi.json`, which is part of
/// the program.
struct SpecificationRoutes {
  func add(to router: some RouterMethods<ServerContext>) {
    for file in PageFile.specification {
      router.get(RouterPath(file.name)) { request, _ in file.reply(to: request) }
    }
  }
}

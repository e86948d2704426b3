namespace Postroom.Host;
internal static class StandardWiring { public static Wiring Make(Microsoft.Extensions.Logging.ILoggerFactory logs) => throw new InvalidOperationException(logs.ToString()); }

using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Postroom.Host;

/// <summary>Writes the log to standard error: a line for people on a terminal, a JSON object a line
/// otherwise.</summary>
/// <remarks>JSON fields: time, level, room, id, message, the message's own fields. Stable, for log shippers. Addresses
/// are veiled here and nowhere else: in the text as it goes out, so in whatever another machine or an exception said
/// too.</remarks>
/// <param name="addresses">How addresses stand there; null: as they are.</param>
public sealed class LineLog(TextWriter writer, bool isForPeople, TimeProvider time, AddressesInLog? addresses = null)
    : ILoggerProvider
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Lock _gate = new();
    private long _lost; // lines, since the last that could be written

    /// <summary>A factory with this as its only provider: Information and up, Warning and up of the framework's
    /// own.</summary>
    public static ILoggerFactory Factory(
        TextWriter writer, bool isForPeople, TimeProvider time, AddressesInLog? addresses = null)
    {
        var filter = new LoggerFilterOptions { MinLevel = LogLevel.Information };
        filter.Rules.Add(new LoggerFilterRule(null, "Microsoft", LogLevel.Warning, null));
        return new LoggerFactory([new LineLog(writer, isForPeople, time, addresses)], filter);
    }

    public ILogger CreateLogger(string categoryName) => new Room(this, categoryName);

    public void Dispose() { }

    private void Write(string line)
    {
        lock (_gate)
        {
            try
            {
                if (_lost > 0)
                    writer.WriteLine(Lost());
                writer.WriteLine(line);
                writer.Flush();
                _lost = 0;
            }
            catch (IOException)
            {
                // Its disk is full, say. Mail does not wait for the log; what matters of it is on the trail as well.
                _lost++;
            }
        }
    }

    private string Lost()
    {
        var message = $"lines of this log that could not be written before this one: {_lost}";
        return IsForPeople
            ? ForPeople(LogLevel.Warning, message, null)
            : AsJson<object?>(LogLevel.Warning, nameof(LineLog), default, null, message);
    }

    private string ForPeople(LogLevel level, string message, Exception? exception) =>
        string.Create(CultureInfo.InvariantCulture,
        $"{time.GetLocalNow():HH:mm:ss} "
            + $"{Word(level)}{SafeText.Of(Veiled(message))}"
            + $"{(exception is null ? "" : $" ({SafeText.Of(Veiled($"{exception}"))})")}");

    private string Veiled(string text) => addresses is null ? text : addresses.Of(text);

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Warning => "warning: ",
        LogLevel.Error => "error: ",
        LogLevel.Critical => "ALARM: ",
        LogLevel.Trace or LogLevel.Debug or LogLevel.Information or LogLevel.None => "",
    };

    private string AsJson<T>(LogLevel level, string room, EventId id, T state, string message)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow());
            json.WriteString("level", level.ToString().ToLowerInvariant());
            json.WriteString("room", room);
            json.WriteNumber("id", id.Id);
            json.WriteString("message", Veiled(message));
            if (state is IReadOnlyList<KeyValuePair<string, object?>> fields)
                foreach (var (name, value) in fields)
                    if (name is not "{OriginalFormat}")
                        json.WriteString(char.ToLowerInvariant(name[0]) + name[1..],
                            Veiled(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private sealed class Room(LineLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            var message = formatter(state, exception);
            log.Write(log.IsForPeople
                ? log.ForPeople(logLevel, message, exception)
                : log.AsJson(logLevel, name, eventId, state,
                    exception is null ? message : $"{message} ({exception})"));
        }
    }

    private bool IsForPeople { get; } = isForPeople;
}

using System.Net;
using System.Text;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>A collector of OpenTelemetry as far as the tests need one: OTLP/HTTP, protobuf read by hand.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Lock _gate = new();
    private readonly List<(string Path, string? Header, Proto Body)> _taken = [];

    private Collector(int port)
    {
        Port = port;
        _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        _listener.Start();
        _ = TakeAsync();
    }

    public int Port { get; }

    public static Collector Start(int port = 0) => new(port == 0 ? Ports.Free() : port);

    public IReadOnlyList<(string Path, string? Header, Proto Body)> Taken
    {
        get
        {
            lock (_gate)
                return [.. _taken];
        }
    }

    /// <summary>Resource attributes, from whatever came.</summary>
    public IReadOnlyDictionary<string, string> Resource =>
        Attributes(Taken.Select(one => one.Body.Message(1).Message(1)).First());

    // ExportMetricsServiceRequest.resource_metrics(1).scope_metrics(2).metrics(2).name(1)
    public IReadOnlySet<string> MetricNames => Taken.Where(one => one.Path == "/v1/metrics")
        .SelectMany(one => one.Body.Messages(1)).SelectMany(one => one.Messages(2))
        .SelectMany(one => one.Messages(2)).Select(one => one.Text(1)).ToHashSet();

    // ExportTraceServiceRequest.resource_spans(1).scope_spans(2).spans(2)
    public IReadOnlyList<Span> Spans =>
    [
        .. Taken.Where(one => one.Path == "/v1/traces").SelectMany(one => one.Body.Messages(1))
            .SelectMany(one => one.Messages(2)).SelectMany(one => one.Messages(2))
            .Select(span => new Span(Convert.ToHexString(span.Octets(1)), Convert.ToHexString(span.Octets(2)),
                Convert.ToHexString(span.Octets(4)), span.Text(5), Attributes(span, 9))
            {
                From = span.Number(7), To = span.Number(8),
            }),
    ];

    public async Task UntilAsync(Func<Collector, bool> isSo, string what)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        while (!isSo(this))
        {
            Assert.False(limit.IsCancellationRequested,
                $"{what}: {string.Join(", ", MetricNames)}; {string.Join(", ", Spans)}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public ValueTask DisposeAsync()
    {
        _listener.Close();
        return ValueTask.CompletedTask;
    }

    private static Dictionary<string, string> Attributes(Proto of, int field = 1) => of.Messages(field)
        .ToDictionary(pair => pair.Text(1), pair => pair.Message(2) is var value && value.Has(1)
            ? value.Text(1) : value.Has(3) ? $"{value.Number(3)}" : value.Has(2) ? $"{value.Number(2) == 1}" : "");

    private async Task TakeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                lock (_gate)
                    _taken.Add((context.Request.Url!.AbsolutePath, context.Request.Headers["x-token"],
                        new Proto(body.ToArray())));
                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
            {
                return;
            }
        }
    }
}

/// <summary>One span as it came.</summary>
internal sealed record Span(
    string Trace, string Id, string Parent, string Name, IReadOnlyDictionary<string, string> Attributes)
{
    public ulong From { get; init; }

    public ulong To { get; init; }
}

/// <summary>A protobuf message without its schema: fields by number.</summary>
internal sealed class Proto
{
    private readonly List<(int Field, ulong Number, byte[]? Octets)> _fields = [];

    public Proto(byte[] octets)
    {
        for (var at = 0; at < octets.Length;)
        {
            var key = Varint(octets, ref at);
            var field = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    _fields.Add((field, Varint(octets, ref at), null));
                    break;
                case 1:
                    _fields.Add((field, BitConverter.ToUInt64(octets, at), null));
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(octets, ref at);
                    _fields.Add((field, 0, octets[at..(at + length)]));
                    at += length;
                    break;
                case 5:
                    _fields.Add((field, BitConverter.ToUInt32(octets, at), null));
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {key & 7}");
            }
        }
    }

    public bool Has(int field) => _fields.Exists(one => one.Field == field);

    public ulong Number(int field) => _fields.FirstOrDefault(one => one.Field == field).Number;

    public byte[] Octets(int field) => _fields.FirstOrDefault(one => one.Field == field).Octets ?? [];

    public string Text(int field) => Encoding.UTF8.GetString(Octets(field));

    public Proto Message(int field) => new(Octets(field));

    public IEnumerable<Proto> Messages(int field) =>
        _fields.Where(one => one.Field == field && one.Octets is not null).Select(one => new Proto(one.Octets!));

    private static ulong Varint(byte[] octets, ref int at)
    {
        var (value, shift) = (0UL, 0);
        while (true)
        {
            var octet = octets[at++];
            value |= (ulong)(octet & 0x7F) << shift;
            if (octet < 0x80)
                return value;
            shift += 7;
        }
    }
}

using System.Diagnostics.Metrics;

namespace Postroom.Relay.Telemetry;

/// <summary>Listens to the instruments of one relay and keeps what they say, to be read at any time.</summary>
public sealed class MeterReader : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, SeriesBook> _books;
    private readonly Lock _looking = new();

    /// <param name="meters">Of this relay; there may be others in the process.</param>
    public MeterReader(RelayMeters meters)
    {
        _books = Instruments.All.ToDictionary(declared => declared.Name, declared => new SeriesBook(declared),
            StringComparer.Ordinal);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            var isOurs = ReferenceEquals(instrument.Meter, meters.Meter);
            if ((!isOurs && instrument.Meter.Name != RelayInstruments.RuntimeMeter)
                || !_books.TryGetValue(instrument.Name, out var book))
                return;
            book.IsObserved = instrument.IsObservable;
            listener.EnableMeasurementEvents(instrument, book);
        };
        _listener.SetMeasurementEventCallback<int>(static (from, value, tags, book) => Take(from, value, tags, book));
        _listener.SetMeasurementEventCallback<long>(static (from, value, tags, book) => Take(from, value, tags, book));
        _listener.SetMeasurementEventCallback<double>(Take);
        _listener.Start();
        meters.Begins();
    }

    /// <summary>All families as they stand now, in the order of the table; those without a value too.</summary>
    public IReadOnlyList<Family> Read()
    {
        lock (_looking)
        {
            foreach (var book in _books.Values.Where(book => book.IsObserved))
                book.Forget();
            _listener.RecordObservableInstruments();
            return [.. Instruments.All.Select(declared => Of(_books[declared.Name]))];
        }
    }

    public void Dispose() => _listener.Dispose();

    private static void Take(
        Instrument from, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? book)
    {
        var series = ((SeriesBook)book!).Of(tags);
        if (from.IsObservable)
            series.Set(value);
        else if (from is Histogram<double>)
            series.Record(value);
        else
            series.Add(value);
    }

    private static Family Of(SeriesBook book) => new(book.Declared,
    [
        .. book.All.Select(series => new Sample(
                [.. book.Declared.Labels.Select((_, at) => series.Labels[at])], series.Value)
            {
                Buckets = series.Buckets(),
            })
            .OrderBy(sample => string.Join('\0', sample.Labels), StringComparer.Ordinal),
    ]);
}

/// <summary>What one instrument says.</summary>
public sealed record Family(Declaration Declared, IReadOnlyList<Sample> Samples);

/// <summary>One series of it.</summary>
/// <param name="Labels">Their values, as they are declared.</param>
/// <param name="Value">Of a histogram the sum.</param>
public sealed record Sample(IReadOnlyList<string> Labels, double Value)
{
    /// <summary>Of a histogram: how many fell into each bucket, the last of which has no bound.</summary>
    public IReadOnlyList<long> Buckets { get; init; } = [];
}

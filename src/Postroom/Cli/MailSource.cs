using Postroom.Api;
using Postroom.Configuration;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Ledger;
using Postroom.Host;
using Postroom.Why;

namespace Postroom.Cli;

/// <summary>Reads mail for the command line: from the service, or from the index on disk while no service
/// runs.</summary>
public sealed class MailSource : IDisposable
{
    private readonly ApiClient? _service;
    private readonly ISpoolIndexReader? _index;
    private readonly string _folder;

    private MailSource(string folder, ApiClient? service, ISpoolIndexReader? index) =>
        (_folder, _service, _index) = (folder, service, index);

    /// <exception cref="CliException">Neither a service nor an index is there.</exception>
    public static MailSource Open(string folder)
    {
        if (ApiClient.TryConnect(folder) is { } service)
            return new MailSource(folder, service, null);
        var file = Folders.Ledger(folder);
        return File.Exists(file)
            ? new MailSource(folder, null, MailLedger.OpenReadOnly(file))
            : throw new CliException(ExitCode.NotRunning,
                $"no service runs on {folder}, and no mail was ever kept there; start one with: postroom run, or name "
                    + $"the folder with --data");
    }

    /// <summary>What is shown may be behind what the journal holds.</summary>
    public bool IsOffline => _service is null;

    public Task<QueueAnswer> PageAsync(string filter, string? after, int most, CancellationToken cancel) =>
        PageAsync(filter, after, most, isExact: false, cancel);

    /// <summary>A page of one, whose total is exact however long that takes.</summary>
    public Task<QueueAnswer> CountAsync(string filter, CancellationToken cancel) =>
        PageAsync(filter, null, 1, isExact: true, cancel);

    private async Task<QueueAnswer> PageAsync(
        string filter, string? after, int most, bool isExact, CancellationToken cancel)
    {
        if (_service is { } service)
            return await service.GetAsync($"api/v1/queue?most={most}{(isExact ? "&exact=true" : "")}"
                + $"&filter={Uri.EscapeDataString(filter)}&after={Uri.EscapeDataString(after ?? "")}",
                ApiJson.Default.QueueAnswer, cancel);
        if (!QueueReader.TryCursor(after, out var cursor))
            throw new CliException(ExitCode.Usage, "--after is no cursor: give what \"next\" of the page before says");
        return new QueueReader(_index!.FindAndCount, _index!.Count)
            .Page(FilterWords.Parse(filter), cursor, most, isExact);
    }

    /// <summary>All that match, newest mail first.</summary>
    public IAsyncEnumerable<RecipientAnswer> AllAsync(string filter, CancellationToken cancel) =>
        _service is { } service
            ? service.LinesAsync($"api/v1/messages/export?as=jsonl&filter={Uri.EscapeDataString(filter)}",
                ApiJson.Default.RecipientAnswer, cancel)
            : WholeAnswers.Pages(Page(FilterWords.Parse(filter))).SelectMany(rows => rows).Select(AnswerOf.Row)
                .ToAsyncEnumerable();

    private Func<Cursor?, FoundPage> Page(Filter filter) => after => _index!.Find(filter, after, QueueReader.Most);

    public async Task<ReasonsAnswer> WhyAsync(string filter, CancellationToken cancel)
    {
        if (_service is { } service)
            return await service.GetAsync($"api/v1/why?filter={Uri.EscapeDataString(filter)}",
                ApiJson.Default.ReasonsAnswer, cancel);
        var known = new Known(_index!.Find, _index!.Show, _index!.RelayEvents, TimeProvider.System.GetLocalNow());
        return AnswerOf.Reasons(Inquiry.Answer(known, FilterWords.Parse(filter)));
    }

    public async Task<MailAnswer> ShowAsync(string id, CancellationToken cancel)
    {
        if (_service is { } service)
            return await service.GetAsync($"api/v1/mails/{Uri.EscapeDataString(id)}", ApiJson.Default.MailAnswer,
                cancel);
        return MailId.TryParse(id, out var known) && _index!.Show(known) is { } mail
            ? AnswerOf.Mail(mail)
            : throw new CliException(ExitCode.NothingFound, $"there is no mail {SafeText.Of(id)}");
    }

    /// <summary>The bytes of a mail, which only the service can read.</summary>
    public Task CopyRawAsync(string id, Stream into, CancellationToken cancel) =>
        ServiceOfBytes.CopyAsync($"api/v1/mails/{Uri.EscapeDataString(id)}/raw", into, cancel);

    /// <summary>As <see cref="CopyRawAsync"/>; false where they are gone.</summary>
    public Task<bool> TryCopyRawAsync(string id, Stream into, CancellationToken cancel) =>
        ServiceOfBytes.TryCopyAsync($"api/v1/mails/{Uri.EscapeDataString(id)}/raw", into, cancel);

    /// <exception cref="CliException">The bytes of mails cannot be read now.</exception>
    public void DemandBytes() => _ = ServiceOfBytes;

    private ApiClient ServiceOfBytes => _service ?? throw new CliException(ExitCode.NotRunning,
        $"no service runs on {_folder}: the bytes of a mail are read through it");

    public void Dispose()
    {
        _service?.Dispose();
        _index?.Dispose();
    }
}

/// <summary>Makes a filter of the words of a command line.</summary>
public static class FilterWords
{
    /// <summary>The shell took the quotes away: a word with a space in it gets them back.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quoted));

    /// <exception cref="CliException">It is wrong; the message says how.</exception>
    public static Filter Parse(string text) =>
        FilterParser.TryParse(text, TimeProvider.System.GetLocalNow(), out var filter, out var error)
        ? filter
        : throw new CliException(ExitCode.Wrong, "the filter is wrong: " + SafeText.Of(error));

    /// <summary>Open mail only, unless the filter says which states are meant.</summary>
    public static string OnlyOpen(string text) => Parse(text).Terms.Any(t => t.Field is Field.State or Field.Id)
        ? text
        : (text + " state:waiting,trying,held").TrimStart();

    // "state:failed to:bob" in one pair of quotes is a filter, not one long word.
    private static bool IsWholeFilter(string word) =>
        word.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Any(term => term.TrimStart('-').Contains(':'));

    private static string Quoted(string word)
    {
        if (!word.Any(char.IsWhiteSpace) || word.Contains('"', StringComparison.Ordinal) || IsWholeFilter(word))
            return word;
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && word.AsSpan(0, colon).IndexOf(' ') < 0
            ? $"{word[..(colon + 1)]}\"{word[(colon + 1)..]}\""
            : $"\"{word}\"";
    }
}

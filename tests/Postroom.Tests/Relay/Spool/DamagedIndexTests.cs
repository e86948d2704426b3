using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Embedded;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>The index may rot at any place: it is thrown away and built anew, by itself.</summary>
public sealed class DamagedIndexTests : IDisposable
{
    private const int Mails = 40;
    private const int Page = 4096;

    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-rot").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Whichever_page_rots_all_mail_is_there_after_the_next_start_or_the_one_after()
    {
        var sound = Path.Combine(_folder, "sound");
        await using (var spool = await OpenAsync(sound))
            for (var i = 0; i < Mails; i++)
                await spool.HandOverAsync($"{i}@a.test");
        var pages = new FileInfo(Path.Combine(sound, SpoolOpening.LedgerFile)).Length / Page;
        Assert.InRange(pages, 10, 200);
        var builtAnew = 0;
        for (var page = 0; page < pages; page++)
        {
            var rotten = Path.Combine(_folder, $"{page}");
            Copy(sound, rotten);
            Rot(Path.Combine(rotten, SpoolOpening.LedgerFile), page);
            var starts = 1;
            while (!await HasAllAsync(rotten))
                Assert.InRange(++starts, 2, 2);
            var isBuiltAnew = File.Exists(Path.Combine(rotten, SpoolOpening.LedgerFile + ".damaged"));
            Assert.True(starts == 1 || isBuiltAnew, $"page {page}");
            builtAnew += isBuiltAnew ? 1 : 0;
        }

        Assert.InRange(builtAnew, pages / 4, pages);
    }

    // False if the spool has failed, as it does with a damaged index.
    private static async Task<bool> HasAllAsync(string folder)
    {
        try
        {
            await using var spool = await OpenAsync(folder);
            for (var i = 0; i < Mails; i++)
            {
                var lease = spool.LeaseOneAsync("a");
                await await Task.WhenAny(lease, spool.Failed);
                Assert.Equal($"{i}@a.test", (await lease).Recipients[0].Recipient.Path.Address);
            }

            return true;
        }
        catch (SpoolFailedException e)
        {
            Assert.Contains("the index", e.Message, StringComparison.Ordinal);
            return false;
        }
    }

    private static void Rot(string file, int page)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Write);
        var rubbish = new byte[Page];
        new Random(page).NextBytes(rubbish);
        RandomAccess.Write(handle, rubbish, (long)page * Page);
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private static Task<EmbeddedSpool> OpenAsync(string folder) => SpoolOpening.OpenAsync(
        folder, new SpoolSettings { SegmentSize = 1 << 20, FreeSpaceFloor = 0 }, (_, _, _) => "a",
        TimeProvider.System, NullLogger.Instance);
}
